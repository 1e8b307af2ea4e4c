using Krewe.Contracts;

namespace Krewe.Learner;

/// <summary>The loss of a temporal-difference error.</summary>
public enum LossKind
{
    /// <summary>The squared error, as PyTorch's <c>MSELoss</c> (no factor one half).</summary>
    Mse,

    /// <summary>
    /// Half the squared error below delta, delta * (|e| - delta / 2) above, as PyTorch's <c>HuberLoss(delta)</c>.
    /// </summary>
    Huber,
}

/// <summary>Which network the bootstrap value comes from.</summary>
public enum TargetKind
{
    /// <summary>A copy of the online network, replaced every <see cref="LearnerOptions.TargetPeriod"/> updates (Mnih et al. 2015).</summary>
    Hard,

    /// <summary>A running average of the online network, moved by <see cref="LearnerOptions.TargetTau"/> each update (Lillicrap et al. 2016).</summary>
    Soft,

    /// <summary>The online network itself, as in the first DQN of many tutorials.</summary>
    Off,
}

/// <summary>What computes the updates.</summary>
public enum BackendKind
{
    /// <summary>Managed SIMD code: the fastest for networks of fully connected layers on a CPU.</summary>
    Simd,

    /// <summary>TorchSharp, on the CPU or a GPU: for large networks and for the layers that the managed code lacks.</summary>
    Torch,
}

/// <summary>The learner: how a mini-batch becomes an update.</summary>
public sealed class LearnerOptions
{
    /// <summary>Transitions in a mini-batch.</summary>
    [Option("transitions in a mini-batch", Min = 1, Max = 65536)]
    public int BatchSize { get; set; } = 64;

    /// <summary>Adam's step size, by environment steps.</summary>
    [Option("Adam's step size", Min = 0)]
    public Schedule LearningRate { get; set; } = Schedule.Constant(1e-3);

    /// <summary>Adam's beta1.</summary>
    [Option("Adam's decay of the first moment", Min = 0, Max = 0.99999)]
    public double AdamBeta1 { get; set; } = 0.9;

    /// <summary>Adam's beta2.</summary>
    [Option("Adam's decay of the second moment", Min = 0, Max = 0.9999999)]
    public double AdamBeta2 { get; set; } = 0.999;

    /// <summary>Adam's epsilon, added to the square root of the second moment.</summary>
    [Option("added to the square root of Adam's second moment", Min = 0, MinExclusive = true, Max = 1)]
    public double AdamEpsilon { get; set; } = 1e-8;

    /// <summary>The discount factor gamma.</summary>
    [Option("discount factor gamma", Min = 0, Max = 1)]
    public double Discount { get; set; } = 0.99;

    /// <summary>The loss.</summary>
    [Option("loss of the temporal-difference error: mse or huber")]
    public LossKind Loss { get; set; } = LossKind.Mse;

    /// <summary>The error at which the Huber loss changes from quadratic to linear.</summary>
    [Option("error at which the Huber loss changes from quadratic to linear", Min = 0, MinExclusive = true)]
    public double HuberDelta { get; set; } = 1.0;

    /// <summary>Largest Euclidean norm of the gradient; a larger one is scaled down (Pascanu et al. 2013). 0 for no clipping.</summary>
    [Option("largest norm of the gradient; 0 for no clipping", Min = 0)]
    public double MaxGradientNorm { get; set; } = 10;

    /// <summary>Which network the bootstrap value comes from.</summary>
    [Option("target network: hard (a periodic copy), soft (a running average) or off (none)")]
    public TargetKind Target { get; set; } = TargetKind.Hard;

    /// <summary>Updates between two copies of the online network to a hard target network.</summary>
    [Option("updates between two copies to a hard target network", Min = 1, Max = 1_000_000_000)]
    public int TargetPeriod { get; set; } = 100;

    /// <summary>Weight of the online network in each update of a soft target network.</summary>
    [Option("weight of the online network in each update of a soft target network", Min = 0, MinExclusive = true, Max = 1)]
    public double TargetTau { get; set; } = 0.005;

    /// <summary>
    /// Weight of the online network in each update of its average over time (Polyak and Juditsky 1992), which is evaluated and kept as the policy;
    /// actors and targets use the online network. 0 for none: the online network itself is evaluated and kept. The first updates are weighted equally.
    /// </summary>
    [Option("weight of the online network in each update of the average that is evaluated and kept as the policy; 0 for none", Min = 0, Max = 1)]
    public double AverageTau { get; set; }

    /// <summary>Updates between two policies published to the actors.</summary>
    [Option("updates between two policies published to the actors", Min = 1, Max = 1_000_000_000)]
    public int PublishPeriod { get; set; } = 10;

    /// <summary>What computes the updates.</summary>
    [Option("what computes the updates: simd (managed code) or torch")]
    public BackendKind Backend { get; set; }

    /// <summary>Where the torch backend computes: <c>cpu</c>, <c>cuda</c>, <c>cuda:N</c>, or <c>auto</c> for a GPU if there is one.</summary>
    [Option("where the torch backend computes: cpu, cuda, cuda:N or auto")]
    public string Device { get; set; } = "auto";

    /// <summary>
    /// Threads of an update on the CPU. The managed backend uses as many as a batch has work for, one for small networks; the torch backend
    /// and its BLAS use all.
    /// </summary>
    [Option("threads of an update on the CPU; the simd backend uses fewer for small networks and batches", Min = 1, Max = 1024)]
    public int Threads { get; set; } = 1;
}
