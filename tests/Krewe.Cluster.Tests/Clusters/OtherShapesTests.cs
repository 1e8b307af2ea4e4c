using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Tests;

namespace Krewe.Cluster.Tests;

/// <summary>
/// An environment with the same name but observations of different lengths on two silos, as after starting a silo with an older assembly.
/// </summary>
public sealed class OtherShapesTests
{
    private const string Id = "Shapes-v0";

    [Fact]
    public async Task An_actor_silo_whose_environment_has_other_shapes_is_refused_by_name_and_the_run_continues_without_it()
    {
        await using TestSilos silos = await TestSilos.Start(With(length: 3), SiloRoles.Learner | SiloRoles.Replay | SiloRoles.Actor);
        var other = await silos.Add(SiloRoles.Actor, registry: With(length: 5));
        var options = Sessions.Small("CartPole-v1", deterministic: false);
        options.Environment.Id = Id;
        options.Actor.Count = 2;
        options.Run.Steps = 1_000_000_000;

        // The run's grain determines the shapes: on the other silo it would refuse the first one.
        TestRun run = await TestRun.Create(silos, options, at: silos.All.First().SiloAddress);
        RunStatus refused = await run.Until("the refusal", status => status.WaitsFor?.Contains("spec hash", StringComparison.Ordinal) == true);
        Assert.Contains(other.SiloAddress.ToParsableString(), refused.WaitsFor, StringComparison.Ordinal);
        Assert.Contains(Id, refused.WaitsFor, StringComparison.Ordinal);

        // The matching silo takes over the other's share and trains.
        RunStatus running = await run.Until("both actors on the matching silo", status => status.ActorsRunning == 2 && status.Figures.Updates > 50);
        Assert.DoesNotContain(other.SiloAddress.ToParsableString(), running.ActorsBySilo.Keys);
        await run.Grain.Stop();
        await run.UntilStopped();
    }

    private static EnvironmentRegistry With(int length)
    {
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        registry.Register(new EnvironmentRegistration { Id = Id, Create = _ => new Shapes(length) });
        return registry;
    }

    private sealed class Shapes(int length) : Environment<float>(new BoxSpace(low: 0, high: 1, shape: [length]), new DiscreteSpace(2))
    {
        private int _step;

        public override StepResult Step(int action, Span<float> observation)
        {
            observation.Fill(0.5f);
            return ++_step % 20 == 0 ? Terminate(reward: 1) : Continue(reward: 1);
        }

        protected override void Reset(Span<float> observation) => observation.Clear();
    }
}
