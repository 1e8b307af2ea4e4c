using Krewe.Contracts.Grains;


namespace Krewe.Cluster;

/// <summary>What is kept of a run: enough for it to come back on another silo.</summary>
[GenerateSerializer, Alias("krewe.RunRecordState")]
internal sealed class RunRecordState
{
    /// <summary>
    /// Points of the learning curve that are kept. The state is written whole every second: what it holds must stay small however long a
    /// run lasts. The learner's folder has the whole curve.
    /// </summary>
    public const int MostEvaluations = 100;

    /// <summary>What the run is; null when there is none.</summary>
    [Id(0)]
    public RunSpecification? Specification { get; set; }

    /// <summary>Where it is in its life.</summary>
    [Id(1)]
    public RunState State { get; set; }

    /// <summary>Why it failed.</summary>
    [Id(2)]
    public string? Failure { get; set; }

    /// <summary>Epoch of the newest learner.</summary>
    [Id(3)]
    public long Epoch { get; set; }

    /// <summary>Environment steps done.</summary>
    [Id(4)]
    public long Steps { get; set; }

    /// <summary>Steps that each actor silo had reported by then.</summary>
    [Id(5)]
    public Dictionary<string, long> StepsSaid { get; set; } = [];

    /// <summary>Episodes ended.</summary>
    [Id(6)]
    public long Episodes { get; set; }

    /// <summary>Episodes that each actor silo had reported by then.</summary>
    [Id(7)]
    public Dictionary<string, long> EpisodesSaid { get; set; } = [];

    /// <summary>The learning curve, the newest points of it.</summary>
    [Id(8)]
    public List<EvaluationPoint> Evaluations { get; set; } = [];

    /// <summary>Points of the learning curve before the first that is kept.</summary>
    [Id(9)]
    public int EvaluationsDropped { get; set; }

    /// <summary>The learner's last figures.</summary>
    [Id(10)]
    public RunFigures? Figures { get; set; }

    /// <summary>What the run came to.</summary>
    [Id(11)]
    public RunOutcome? Outcome { get; set; }

    /// <summary>Adds points to the learning curve; beyond <see cref="MostEvaluations"/> the oldest go.</summary>
    /// <param name="points">The points, oldest first; those that come twice are taken once.</param>
    public void AddEvaluations(IReadOnlyList<EvaluationPoint> points)
    {
        // A report whose answer was lost comes again, with what is new behind it.
        EvaluationPoint? newest = Evaluations.LastOrDefault();
        int known = points.TakeWhile(point => point != newest).Count() + 1;
        Evaluations.AddRange(points.Skip(known > points.Count ? 0 : known));
        int surplus = Evaluations.Count - MostEvaluations;
        if (surplus > 0)
        {
            Evaluations.RemoveRange(0, surplus);
            EvaluationsDropped += surplus;
        }
    }
}
