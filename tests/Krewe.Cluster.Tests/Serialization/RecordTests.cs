using Krewe.Contracts;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster.Tests;

/// <summary>Every field of a record survives serialization: each of them has a value that is not its default.</summary>
public sealed class RecordTests
{
    private static readonly EvaluationPoint Point = new(1.5, 2, 3, 4.5, 5.5, 6.5, 7.5, 8.5, 9, IsBest: true, Epsilon: 0.5, MeanReturn: 10.5, Loss: 11.5, ConfirmedMean: 12.5);

    private static readonly RunFigures Figures = new()
    {
        Seconds = 1.25,
        EnvironmentSteps = 2,
        StepBudget = 3,
        Updates = 4,
        Episodes = 5,
        MeanReturn = 6.5,
        Epsilon = 0.75,
        LastUpdate = new TrainResult(1, 2, 3),
        PolicyVersion = 8,
        PolicyLag = 9,
        Replay = new ReplayStatistics(1, 2, 3, 4, 5, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(7), 8, 9),
        LastEvaluation = Point,
        BestMean = 10.5,
    };

    private static readonly RunOutcome Outcome = new()
    {
        EnvironmentSteps = 1,
        Updates = 2,
        WallSeconds = 3,
        StepsPerSecond = 4,
        UpdatesPerSecond = 5,
        SolvedAtSeconds = 6,
        SolvedAtStep = 7,
        Final = Point,
        Interrupted = true,
        Checkpoint = "best",
        EvaluationsSkipped = 8,
        Resumed = true,
        Last = Point with { Mean = 13.5 },
    };

    public static TheoryData<object> Records() =>
    [
        Point,
        Figures,
        Outcome,
        new RunSpecification { RunId = "a", OptionsJson = "{}", ActorsPerCore = 1.5, SnapshotSeconds = 2, SegmentHash = 3, ResumeFrom = "b", ResumedSteps = 4, EnvironmentJson = "{}" },
        new ResumePoint(1, 2),
        new LearnerTerms(1, 2, 3, RunDirective.Pause),
        new StepLease(1, 2, Exhausted: true),
        new AppendReply(AppendStatus.Closed, 3, 7.5),
        new ShardStatus(1, 2, Figures.Replay),
    ];

    [Theory]
    [MemberData(nameof(Records))]
    public void A_record_survives_a_round_trip(object record) => Assert.Equal(record, WireTwin.Cross(record));

    [Fact]
    public void A_status_survives_a_round_trip()
    {
        var status = new RunStatus
        {
            RunId = "a",
            State = RunState.Paused,
            WaitsFor = "b",
            Failure = "c",
            EnvironmentId = "d",
            Seed = 1,
            Figures = Figures,
            Evaluations = [Point, Point with { Mean = 3 }],
            EvaluationCount = 2,
            ActorsRunning = 3,
            ActorsWanted = 4,
            ShardsRunning = 5,
            ShardsWanted = 6,
            LearnerSilo = "e",
            LearnerEpoch = 7,
            Outcome = Outcome,
            ActorsBySilo = new Dictionary<string, int> { ["f"] = 8 },
            ActingVersions = new Dictionary<string, long> { ["f"] = 9 },
        };
        RunStatus received = WireTwin.Cross(status);
        Assert.Equal(status.Evaluations, received.Evaluations);
        Assert.Equal(status.ActorsBySilo, received.ActorsBySilo);
        Assert.Equal(status.ActingVersions, received.ActingVersions);
        Assert.Equal(status with { Evaluations = received.Evaluations, ActorsBySilo = received.ActorsBySilo, ActingVersions = received.ActingVersions }, received);
    }

    [Fact]
    public void Reports_survive_a_round_trip()
    {
        var actors = new ActorSiloReport
        {
            Silo = "a",
            Actors = [1, 2],
            Steps = 3,
            Episodes = 4,
            Returns = [5.5],
            Lengths = [6],
            Epsilon = 0.5,
            EpsilonOf = 7,
            PolicyVersion = 8,
            StepsLeft = 9,
            Failure = "b",
            HangingActor = 10,
            HangingSeconds = 11.5,
        };
        ActorSiloReport received = WireTwin.Cross(actors);
        Assert.Equal(([1, 2], [5.5], [6]), (received.Actors.ToArray(), received.Returns.ToArray(), received.Lengths.ToArray()), new ArraysComparer());
        Assert.Equal(actors with { Actors = received.Actors, Returns = received.Returns, Lengths = received.Lengths }, received);

        var learner = new LearnerReport
        {
            Epoch = 1,
            Silo = "a",
            Figures = Figures,
            Evaluations = [Point],
            ShardsRunning = 2,
            Outcome = Outcome,
            Failure = "b",
        };
        LearnerReport same = WireTwin.Cross(learner);
        Assert.Equal(learner.Evaluations, same.Evaluations);
        Assert.Equal(learner with { Evaluations = same.Evaluations }, same);
    }

    [Fact]
    public void The_state_of_a_random_stream_survives_a_round_trip()
    {
        Pcg64 random = RandomStreams.Create(1, RandomStream.Replay);
        _ = random.NextInt(7);
        Assert.Equal(random.State, WireTwin.Cross(random.State));
    }

    private sealed class ArraysComparer : IEqualityComparer<(int[], double[], int[])>
    {
        public bool Equals((int[], double[], int[]) x, (int[], double[], int[]) y) =>
            x.Item1.SequenceEqual(y.Item1) && x.Item2.SequenceEqual(y.Item2) && x.Item3.SequenceEqual(y.Item3);

        public int GetHashCode((int[], double[], int[]) obj) => obj.Item1.Length;
    }
}
