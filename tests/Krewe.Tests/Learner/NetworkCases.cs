using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>Shapes that reach every tile, tail and panel of the kernels, and the kernel paths that this machine can run.</summary>
internal static class NetworkCases
{
    public static readonly (NetworkSpec Spec, int Batch)[] All =
    [
        (Batches.Spec(ElementType.Float32, 4, [64, 64], 2), 64),
        (Batches.Spec(ElementType.Float32, 3, [], 2), 5),
        (Batches.Spec(ElementType.Float32, 1, [1], 1), 1),
        (Batches.Spec(ElementType.Float32, 17, [5, 33, 7], 3), 19),
        (Batches.Spec(ElementType.Float32, 70, [129, 81], 18), 70),
        (Batches.Spec(ElementType.Float32, 6, [256, 200], 4), 130),
        (Batches.Spec(ElementType.UInt8, 100, [24], 6), 33),
        (Batches.Spec(ElementType.UInt8, 37, [], 3), 16),
        (Batches.Spec(ElementType.Int32, 16, [20, 12], 4), 23),
        (Batches.Spec(ElementType.Int32, 500, [], 6), 9),
    ];

    private static readonly KernelSet[] Sets = [KernelSet.Vector512, KernelSet.Vector256, KernelSet.Vector128, KernelSet.Scalar];

    public static IEnumerable<string> Paths() =>
        Sets.Where(set => set.IsSupported).Select(set => set.Name);

    public static KernelSet Path(string name) =>
        Sets.Single(set => set.Name == name);

    public static TheoryData<int, string> Each()
    {
        var data = new TheoryData<int, string>();
        for (int i = 0; i < All.Length; i++)
        {
            foreach (string path in Paths())
            {
                data.Add(i, path);
            }
        }

        return data;
    }
}
