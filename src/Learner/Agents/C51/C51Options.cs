using Krewe.Contracts;

namespace Krewe.Learner;

/// <summary>The distribution of C51. Returns outside of its range count as its ends.</summary>
public sealed class C51Options
{
    /// <summary>Number of returns, N.</summary>
    [Option("returns of the distribution", Min = 2, Max = 1001)]
    public int Atoms { get; set; } = 51;

    /// <summary>The smallest return.</summary>
    [Option("smallest return of the distribution", Min = -1e9, Max = 1e9)]
    public double VMin { get; set; } = -10;

    /// <summary>The largest return.</summary>
    [Option("largest return of the distribution", Min = -1e9, Max = 1e9)]
    public double VMax { get; set; } = 10;
}
