namespace Krewe.Cluster.ProcessTests;

/// <summary>Tests <c>krewe doctor</c> on a machine without a GPU.</summary>
public class DoctorTests
{
    [Fact]
    public async Task The_doctor_lists_the_hardware_and_chooses_the_faster_backend()
    {
        CommandResult result = (await KreweSilo.Run("doctor", "CartPole-v1")).Ok();
        foreach (string line in new[] { "machine ", "memory ", "libtorch ", "cuda ", "simd ", "torch ", "choice ", "crossover " })
        {
            Assert.Contains(result.Lines, text => text.StartsWith(line, StringComparison.Ordinal));
        }

        Assert.Contains("choice    CartPole-v1, 4-64-64-2, batch 64: learner.backend simd", result.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cuda", "learner.device cuda", "-p:LibTorch=cuda")]
    [InlineData("cudda", "learner.device is 'cudda'", "did you mean cuda?")]
    public async Task An_unavailable_device_is_refused_before_anything_starts(string device, params string[] names) =>
        (await KreweSilo.Run("train", "CartPole-v1", "--backend", "torch", "--device", device)).Refused(2, names);
}
