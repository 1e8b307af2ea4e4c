
namespace Krewe.Contracts;

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

/// <summary>What the bootstrap value comes from.</summary>
public enum TargetKind
{
    /// <summary>A copy of the online network, renewed every <see cref="LearnerOptions.TargetPeriod"/> updates (Mnih et al. 2015).</summary>
    Hard,

    /// <summary>A running average of the online network, moved by <see cref="LearnerOptions.TargetTau"/> each update (Lillicrap et al. 2016).</summary>
    Soft,

    /// <summary>The online network itself, as the tutorials show DQN first.</summary>
    Off,
}

/// <summary>What computes the updates.</summary>
public enum BackendKind
{
    /// <summary>Managed SIMD code on one core: the fastest for small networks of fully connected layers, the only one in <c>krewe</c>.</summary>
    Simd,

    /// <summary>TorchSharp, on the cores or on a GPU: for large networks, and for every layer that the managed code has not.</summary>
    Torch,
}

/// <summary>The learner: how a mini-batch becomes an update.</summary>
public sealed class LearnerOptions
{
    /// <summary>Transitions in a mini-batch.</summary>
    [Option("transitions in a mini-batch", Min = 1, Max = 65536)]
    public int BatchSize { get; set; } = 64;

    /// <summary>Adam's step size, by environment steps.</summary>
    [Option("Adam's step size")]
    public Schedule LearningRate { get; set; } = Schedule.Constant(1e-3);

    /// <summary>Adam's beta1.</summary>
    [Option("Adam's decay of the first moment", Min = 0, Max = 0.99999)]
    public double AdamBeta1 { get; set; } = 0.9;

    /// <summary>Adam's beta2.</summary>
    [Option("Adam's decay of the second moment", Min = 0, Max = 0.9999999)]
    public double AdamBeta2 { get; set; } = 0.999;

    /// <summary>Adam's epsilon, added to the root of the second moment.</summary>
    [Option("Adam's epsilon", Min = 0, MinExclusive = true, Max = 1)]
    public double AdamEpsilon { get; set; } = 1e-8;

    /// <summary>The discount factor gamma.</summary>
    [Option("discount factor gamma", Min = 0, Max = 1)]
    public double Discount { get; set; } = 0.99;

    /// <summary>The loss.</summary>
    [Option("mse or huber")]
    public LossKind Loss { get; set; } = LossKind.Mse;

    /// <summary>Where the Huber loss turns from a parabola into a line.</summary>
    [Option("delta of the Huber loss", Min = 0, MinExclusive = true)]
    public double HuberDelta { get; set; } = 1.0;

    /// <summary>Largest Euclidean norm of the gradient; a longer one is scaled down (Pascanu et al. 2013). 0 for no clipping.</summary>
    [Option("largest norm of the gradient; 0 for no clipping", Min = 0)]
    public double MaxGradientNorm { get; set; } = 10;

    /// <summary>What the bootstrap value comes from.</summary>
    [Option("hard, soft or off")]
    public TargetKind Target { get; set; } = TargetKind.Hard;

    /// <summary>Updates between two copies of the online network into a hard target network.</summary>
    [Option("updates between two copies into a hard target", Min = 1)]
    public int TargetPeriod { get; set; } = 100;

    /// <summary>Share of the online network in a soft target at each update.</summary>
    [Option("share of the online network in a soft target", Min = 0, MinExclusive = true, Max = 1)]
    public double TargetTau { get; set; } = 0.005;

    /// <summary>Updates between two published policies.</summary>
    [Option("updates between two published policies", Min = 1)]
    public int PublishPeriod { get; set; } = 10;

    /// <summary>What computes the updates.</summary>
    [Option("what computes the updates: simd (managed code) or torch")]
    public BackendKind Backend { get; set; }

    /// <summary>Where the torch backend computes: <c>cpu</c>, <c>cuda</c>, <c>cuda:N</c>, or <c>auto</c> for a GPU if there is one.</summary>
    [Option("where the torch backend computes: cpu, cuda, cuda:N or auto")]
    public string Device { get; set; } = "auto";

    /// <summary>Threads that the torch backend's operations and its BLAS use on the CPU.</summary>
    [Option("threads of the torch backend on the CPU", Min = 1, Max = 1024)]
    public int Threads { get; set; } = 1;
}
