using Krewe.Contracts.Grains;

namespace Krewe.Cluster;

/// <summary>The persisted state of a run: enough to reactivate it on another silo.</summary>
[GenerateSerializer, Alias("krewe.RunRecordState")]
internal sealed class RunRecordState
{
    /// <summary>
    /// Maximum number of learning-curve points kept. The whole state is written every second, so it must stay small however long a run lasts.
    /// The run's folder has the whole curve.
    /// </summary>
    public const int MostEvaluations = 100;

    /// <summary>The specification; null when there is no run.</summary>
    [Id(0)]
    public RunSpecification? Specification { get; set; }

    /// <summary>The state of the run.</summary>
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

    /// <summary>Steps that each actor silo had reported when <see cref="Steps"/> was taken.</summary>
    [Id(5)]
    public Dictionary<string, long> StepsSaid { get; set; } = [];

    /// <summary>Episodes ended.</summary>
    [Id(6)]
    public long Episodes { get; set; }

    /// <summary>Episodes that each actor silo had reported when <see cref="Episodes"/> was taken.</summary>
    [Id(7)]
    public Dictionary<string, long> EpisodesSaid { get; set; } = [];

    /// <summary>The newest points of the learning curve.</summary>
    [Id(8)]
    public List<EvaluationPoint> Evaluations { get; set; } = [];

    /// <summary>Number of points of the learning curve before the first one kept.</summary>
    [Id(9)]
    public int EvaluationsDropped { get; set; }

    /// <summary>The learner's last figures.</summary>
    [Id(10)]
    public RunFigures? Figures { get; set; }

    /// <summary>The outcome of the run.</summary>
    [Id(11)]
    public RunOutcome? Outcome { get; set; }

    /// <summary>Adds points to the learning curve; beyond <see cref="MostEvaluations"/> the oldest are dropped.</summary>
    /// <param name="points">The points, oldest first; repeated ones are added once.</param>
    public void AddEvaluations(IReadOnlyList<EvaluationPoint> points)
    {
        // A report whose acknowledgement was lost is sent again, with new points appended.
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
