using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Tests;

namespace Krewe.Cluster.Tests;

/// <summary>A cluster with separate silos for each role, shared by all tests that stop no silo. These tests run sequentially.</summary>
[CollectionDefinition(nameof(SeparateRoles))]
public sealed class SeparateRoles : ICollectionFixture<SeparateRoles>, IAsyncLifetime
{
    /// <summary>An environment that throws in one of its steps.</summary>
    public const string Throws = "Throws-v0";

    /// <summary>An environment whose observation becomes NaN.</summary>
    public const string NotANumber = "NotANumber-v0";

    /// <summary>An environment with long episodes and a threshold that is never reached.</summary>
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
