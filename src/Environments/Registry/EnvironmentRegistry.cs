using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// Creates environments by id: scalar environments with their time limit and checks, and vector environments, native where a
/// native version exists. Register all environments at startup; afterwards, reading and creating is thread-safe.
/// </summary>
public sealed class EnvironmentRegistry
{
    private const string MaxEpisodeStepsName = "max_episode_steps";
    private const string RewardThresholdName = "reward_threshold";

    private static readonly IReadOnlyDictionary<string, JsonElement> NoArguments = new Dictionary<string, JsonElement>();

    private readonly SortedDictionary<string, EnvironmentRegistration> _registrations = new(StringComparer.Ordinal);

    /// <summary>The registrations, ordered by id.</summary>
    public IReadOnlyCollection<EnvironmentRegistration> Registrations => _registrations.Values;

    /// <summary>The ids, sorted.</summary>
    public IReadOnlyCollection<string> Ids => _registrations.Keys;

    /// <summary>Describes every environment with its default arguments, ordered by id. Creates each environment once.</summary>
    public IReadOnlyList<EnvironmentSpec> Specs => [.. _registrations.Keys.Select(id => GetSpec(id))];

    /// <summary>Creates a registry with the built-in environments.</summary>
    public static EnvironmentRegistry CreateDefault()
    {
        var registry = new EnvironmentRegistry();
        foreach (EnvironmentRegistration registration in BuiltInEnvironments.All)
        {
            registry.Register(registration);
        }

        return registry;
    }

    /// <summary>Adds an environment.</summary>
    /// <param name="registration">The environment's registration.</param>
    /// <exception cref="InvalidOptionException">The id is empty or already registered, or the time limit is below 1.</exception>
    public void Register(EnvironmentRegistration registration)
    {
        if (string.IsNullOrWhiteSpace(registration.Id))
        {
            throw new InvalidOptionException("an environment has an empty id, expected a name and a version such as MyEnv-v0");
        }

        if (registration.MaxEpisodeSteps is < 1)
        {
            throw new InvalidOptionException($"{registration.Id}: MaxEpisodeSteps is {registration.MaxEpisodeSteps}, expected at least 1, or null for no limit");
        }

        if (!_registrations.TryAdd(registration.Id, registration))
        {
            string what = registration.Source is { } source ? $"assembly {source}: environment id" : "environment id";
            string by = _registrations[registration.Id].Source is not { } other ? ""
                : other == registration.Source ? " by the same assembly, which is given twice or declares it twice"
                : $" by assembly {other}";
            throw new InvalidOptionException($"{what} {registration.Id} is already registered{by}; expected an unused id");
        }
    }

    /// <summary>Adds the environments that an assembly file declares with <see cref="EnvironmentAttribute"/>.</summary>
    /// <param name="path">The .dll. Its dependencies are loaded from the same folder; Krewe's assemblies are shared with this process.</param>
    /// <returns>The ids that were added.</returns>
    /// <exception cref="InvalidOptionException">The file is missing, is not a .NET assembly, declares no environment, or declares one incorrectly.</exception>
    public ImmutableArray<string> RegisterAssembly(string path) => Add(EnvironmentDiscovery.InAssembly(EnvironmentAssemblyLoader.Load(path), path));

    /// <summary>Loads an assembly file, with its dependencies from the same folder; Krewe's assemblies are shared with this process.</summary>
    /// <param name="path">The .dll.</param>
    /// <exception cref="InvalidOptionException">The file is missing or is not a .NET assembly.</exception>
    public static Assembly Load(string path) => EnvironmentAssemblyLoader.Load(path);

    /// <summary>Adds the environments that a loaded assembly file declares with <see cref="EnvironmentAttribute"/>.</summary>
    /// <param name="assembly">The assembly, from <see cref="Load"/>.</param>
    /// <param name="path">The .dll, for messages.</param>
    /// <param name="mayBeEmpty">Whether it may declare none, because it declares something else.</param>
    /// <exception cref="InvalidOptionException">The assembly declares an environment incorrectly.</exception>
    public void RegisterAssembly(Assembly assembly, string path, bool mayBeEmpty) => Add(EnvironmentDiscovery.InAssembly(assembly, path, mayBeEmpty));

    /// <summary>Adds the environments that a loaded assembly declares with <see cref="EnvironmentAttribute"/>.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <returns>The ids that were added.</returns>
    /// <exception cref="InvalidOptionException">The assembly declares no environment, or declares one incorrectly.</exception>
    public ImmutableArray<string> RegisterAssembly(Assembly assembly) =>
        Add(EnvironmentDiscovery.InAssembly(assembly, assembly.GetName().Name ?? "assembly"));

    /// <summary>Describes an environment with the given arguments. Creates the environment once.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="arguments">Keyword arguments by their Gymnasium names; null for none.</param>
    /// <exception cref="InvalidOptionException">The id or an argument is unknown or invalid.</exception>
    public EnvironmentSpec GetSpec(string id, IReadOnlyDictionary<string, JsonElement>? arguments = null)
    {
        (EnvironmentRegistration registration, EnvironmentArguments known, int? limit) = Resolve(id, arguments);
        try
        {
            using IEnvironment environment = registration.Create(known);
            return new EnvironmentSpec(id, environment.ObservationSpace, environment.ActionSpace, limit, Threshold(registration, known));
        }
        catch (Exception e) when (e is not KreweException)
        {
            throw new InvalidOptionException($"{id}: making it threw {e.GetType().Name}: {e.Message}", e);
        }
    }

    /// <summary>Creates one environment, with its time limit and with checks of actions, observations and rewards.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="arguments">
    /// Keyword arguments by their Gymnasium names; null for none. Every environment accepts <c>max_episode_steps</c>, which replaces the
    /// time limit; -1 removes it; and <c>reward_threshold</c>, which replaces the mean return at which it counts as solved.
    /// </param>
    /// <exception cref="InvalidOptionException">The id or an argument is unknown or invalid.</exception>
    public IEnvironment Make(string id, IReadOnlyDictionary<string, JsonElement>? arguments = null)
    {
        (EnvironmentRegistration registration, EnvironmentArguments known, int? limit) = Resolve(id, arguments);
        return Wrap(registration, known, id, limit);
    }

    /// <summary>Creates instances that are stepped together: the native vectorized version if there is one, otherwise scalar instances.</summary>
    /// <param name="id">Their id.</param>
    /// <param name="count">Number of instances, at least 1.</param>
    /// <param name="arguments">Keyword arguments as in <see cref="Make"/>.</param>
    /// <param name="checkAllBounds">
    /// Whether all observations must lie within the bounds of the observation space, not only the first ones. Applies to environments
    /// with <see cref="EnvironmentRegistration.ChecksBounds"/>.
    /// </param>
    /// <exception cref="InvalidOptionException">The id or an argument is unknown or invalid, or the count is below 1.</exception>
    public IVectorEnvironment MakeVector(string id, int count, IReadOnlyDictionary<string, JsonElement>? arguments = null, bool checkAllBounds = false)
    {
        (EnvironmentRegistration registration, EnvironmentArguments known, int? limit) = Resolve(id, arguments);
        if (count < 1)
        {
            throw new InvalidOptionException($"{id}: {count} instances, expected at least 1");
        }

        if (registration.CreateVector is { } createVector)
        {
            return createVector(known, count, limit);
        }

        var instances = new IEnvironment[count];
        try
        {
            for (int i = 0; i < count; i++)
            {
                instances[i] = Wrap(registration, known, count == 1 ? id : $"{id}, instance {i}", limit, checkAllBounds);
            }

            return new ScalarVectorEnvironment(instances);
        }
        catch
        {
            foreach (IEnvironment? instance in instances)
            {
                instance?.Dispose();
            }

            throw;
        }
    }

    /// <summary>Whether <see cref="MakeVector"/> creates a native vectorized version.</summary>
    /// <param name="id">The id; the result is false if it is unknown.</param>
    public bool HasNativeVector(string id) => _registrations.TryGetValue(id, out EnvironmentRegistration? x) && x.CreateVector is not null;

    private static IEnvironment Wrap(
        EnvironmentRegistration registration, EnvironmentArguments arguments, string name, int? limit, bool checkAllBounds = false)
    {
        long boundsChecks = !registration.ChecksBounds ? 0 : checkAllBounds ? long.MaxValue : CheckedEnvironment.BoundsCheckedObservations;
        var checkedEnvironment = new CheckedEnvironment(registration.Create(arguments), name, boundsChecks);
        return limit is { } steps ? new TimeLimit(checkedEnvironment, steps) : checkedEnvironment;
    }

    private ImmutableArray<string> Add(ImmutableArray<EnvironmentRegistration> found)
    {
        // Either all environments of an assembly are added or none.
        var added = new List<string>();
        try
        {
            foreach (EnvironmentRegistration registration in found)
            {
                Register(registration);
                added.Add(registration.Id);
            }
        }
        catch (InvalidOptionException)
        {
            added.ForEach(id => _registrations.Remove(id));
            throw;
        }

        return [.. added];
    }

    private (EnvironmentRegistration Registration, EnvironmentArguments Arguments, int? Limit) Resolve(
        string id, IReadOnlyDictionary<string, JsonElement>? arguments)
    {
        if (!_registrations.TryGetValue(id, out EnvironmentRegistration? registration))
        {
            string nearest = NearestName.Suggestion(id, _registrations.Keys);
            throw new InvalidOptionException(
                $"unknown environment {id}{(nearest.Length > 0 ? nearest : $", expected one of {string.Join(", ", _registrations.Keys)}")}");
        }

        var known = new EnvironmentArguments(id, arguments ?? NoArguments);
        string[] names = [.. registration.Parameters.Select(x => x.Name), MaxEpisodeStepsName, RewardThresholdName];
        foreach ((string name, JsonElement value) in arguments ?? NoArguments)
        {
            if (!names.Contains(name, StringComparer.Ordinal))
            {
                throw new InvalidOptionException(
                    $"{id}: unknown argument {name} = {value.GetRawText()}, expected one of {string.Join(", ", names)}{NearestName.Suggestion(name, names)}");
            }
        }

        _ = Threshold(registration, known);
        return (registration, known, Limit(registration, known));
    }

    private static double? Threshold(EnvironmentRegistration registration, EnvironmentArguments arguments) =>
        arguments.IsGiven(RewardThresholdName) && !arguments.IsNull(RewardThresholdName)
            ? arguments.Number(RewardThresholdName, fallback: 0)
            : registration.RewardThreshold;

    // The argument of gym.make: null keeps the registered limit, -1 removes it.
    private static int? Limit(EnvironmentRegistration registration, EnvironmentArguments arguments)
    {
        if (!arguments.IsGiven(MaxEpisodeStepsName) || arguments.IsNull(MaxEpisodeStepsName))
        {
            return registration.MaxEpisodeSteps;
        }

        int steps = arguments.Integer(MaxEpisodeStepsName, 0, minimum: -1);
        return steps switch
        {
            -1 => null,
            >= 1 => steps,
            _ => throw arguments.Wrong(MaxEpisodeStepsName, "expected a whole number of at least 1, or -1 for no limit"),
        };
    }
}
