using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Tests;



namespace Krewe.Cluster.Tests;

/// <summary>One cluster for all tests that take no silo away: each role on silos of its own. Its tests run one after the other.</summary>
[CollectionDefinition(nameof(SeparateRoles))]
public sealed class SeparateRoles : ICollectionFixture<SeparateRoles>, IAsyncLifetime
{
    /// <summary>An environment of a user that fails in one of its steps.</summary>
    public const string Throws = "Throws-v0";

    /// <summary>One whose observation becomes NaN.</summary>
    public const string NotANumber = "NotANumber-v0";

    /// <summary>An environment of a user that lasts, with a threshold that it never reaches.</summary>
    public const string Own = "Own-v0";

    internal TestSilos Silos { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        Copy(Throws, step => step == 3_000 ? throw new TimeZoneNotFoundException("lost") : new StepResult(1, false, false));
        Copy(NotANumber, step => new StepResult(step == 3_000 ? double.NaN : 1, false, false));
        registry.Register(Sessions.Registration(Own, _ => new StepResult(1, false, false), threshold: 1_000));
        Silos = await TestSilos.Start(registry, SiloRoles.Actor, SiloRoles.Actor, SiloRoles.Replay, SiloRoles.Replay, SiloRoles.Learner);

        void Copy(string id, Func<long, StepResult> step) => registry.Register(Sessions.Registration(id, step));
    }

    public async ValueTask DisposeAsync() => await Silos.DisposeAsync();
}
