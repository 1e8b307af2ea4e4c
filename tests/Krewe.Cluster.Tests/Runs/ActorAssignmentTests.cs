using Krewe.Contracts;

namespace Krewe.Cluster.Tests;

public sealed class ActorAssignmentTests
{
    public static TheoryData<int> Seeds() => [.. Enumerable.Range(0, 300)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Each_wanted_actor_is_on_one_silo_and_each_silo_has_its_share(int seed)
    {
        (int actors, List<(string Silo, int Cores)> silos, Dictionary<int, string> current) = Random(seed);
        Dictionary<int, string> after = Apply(current, ActorAssignment.Plan(actors, silos, current));
        Assert.Equal(Enumerable.Range(0, actors), after.Keys.Order());
        long cores = silos.Sum(silo => (long)silo.Cores);
        foreach ((string silo, int own) in silos)
        {
            double share = (double)actors * own / cores;
            int has = after.Values.Count(place => place == silo);
            Assert.InRange(has, Math.Floor(share), Math.Ceiling(share));
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_second_plan_moves_nothing(int seed)
    {
        (int actors, List<(string Silo, int Cores)> silos, Dictionary<int, string> current) = Random(seed);
        Dictionary<int, string> after = Apply(current, ActorAssignment.Plan(actors, silos, current));
        AssignmentPlan<string> again = ActorAssignment.Plan(actors, silos, after);
        Assert.Empty(again.Release);
        Assert.Empty(again.Start);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void An_actor_moves_only_from_a_silo_that_has_left_or_has_more_than_its_share(int seed)
    {
        (int actors, List<(string Silo, int Cores)> silos, Dictionary<int, string> current) = Random(seed);
        AssignmentPlan<string> plan = ActorAssignment.Plan(actors, silos, current);
        Dictionary<int, string> after = Apply(current, plan);
        foreach (string silo in silos.Select(entry => entry.Silo))
        {
            int had = current.Count(pair => pair.Value == silo && pair.Key < actors);
            int has = after.Values.Count(place => place == silo);
            int left = plan.Release.Count(actor => actor < actors && current[actor] == silo);
            Assert.Equal(Math.Max(0, had - has), left);
        }
    }

    [Fact]
    public void A_silo_that_joins_takes_half_of_the_actors_of_one_of_equal_size()
    {
        Dictionary<int, string> current = Enumerable.Range(0, 8).ToDictionary(actor => actor, _ => "a");
        AssignmentPlan<string> plan = ActorAssignment.Plan(8, [("a", 2), ("b", 2)], current);
        Assert.Equal(4, plan.Release.Count);
        Assert.All(plan.Start, start => Assert.Equal("b", start.Silo));
        Assert.Equal(plan.Release, plan.Start.Select(start => start.Actor));
    }

    [Fact]
    public void Without_silos_nothing_is_started() => Assert.Empty(ActorAssignment.Plan<string>(5, [], new Dictionary<int, string>()).Start);

    private static Dictionary<int, string> Apply(Dictionary<int, string> current, AssignmentPlan<string> plan)
    {
        var after = new Dictionary<int, string>(current);
        Assert.All(plan.Release, actor => Assert.True(after.Remove(actor)));
        Assert.All(plan.Start, start => after.Add(start.Actor, start.Silo));
        return after;
    }

    private static (int Actors, List<(string, int)> Silos, Dictionary<int, string> Current) Random(int seed)
    {
        Pcg64 random = RandomStreams.Create(seed, RandomStream.Replay);
        int actors = 1 + random.NextInt(60);
        List<(string, int)> silos = [.. Enumerable.Range(0, 1 + random.NextInt(6)).Select(i => ($"silo{i}", 1 + random.NextInt(64)))];
        Dictionary<int, string> current = [];
        for (int actor = 0; actor < actors + 5; actor++)
        {
            // Some are on silos that have left, some are no longer wanted.
            if (random.NextInt(4) > 0)
            {
                current[actor] = $"silo{random.NextInt(8)}";
            }
        }

        return (actors, silos, current);
    }
}
