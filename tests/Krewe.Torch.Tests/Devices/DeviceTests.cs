using System.ComponentModel;
using Krewe.Contracts;
using Krewe.Networks;
using Krewe.Tests;
using TorchSharp;

namespace Krewe.Torch.Tests;

public class DeviceTests
{
    private static readonly CudaReport Nothing = new(0, [], "libtorch 2");
    private static readonly CudaReport OldDriver = new(0, ["NVIDIA L4, 23034 MiB, 470.1"], "libtorch 2");
    private static readonly CudaReport Two = new(2, ["NVIDIA L4, 23034 MiB, 550.1", "NVIDIA L4, 23034 MiB, 550.1"], "libtorch 2");

    [Fact]
    public void Auto_takes_a_gpu_if_there_is_one_and_else_says_that_it_took_the_cpu()
    {
        Assert.Equal(DeviceType.CUDA, TorchDevices.Resolve("auto", Two).Device.type);
        Assert.Null(TorchDevices.Resolve("auto", Two).Note);
        (torch.Device device, string? note) = TorchDevices.Resolve("auto", Nothing);
        Assert.Equal(DeviceType.CPU, device.type);
        Assert.Contains("no NVIDIA driver and no GPU were found", note, StringComparison.Ordinal);
        Assert.Null(TorchDevices.Resolve("cpu", Nothing).Note);
        Assert.Equal(DeviceType.CPU, TorchDevices.Resolve("cpu", Two).Device.type);
        Assert.Equal(1, TorchDevices.Resolve("cuda:1", Two).Device.index);
    }

    [Theory]
    [InlineData("cuda", "no NVIDIA driver")]
    [InlineData("cuda:0", "install the driver")]
    public void No_gpu_is_said_with_what_was_found_and_what_to_install(string name, string expected)
    {
        var refusal = Assert.Throws<InvalidOptionException>(() => TorchDevices.Resolve(name, Nothing));
        Assert.StartsWith($"learner.device {name}: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("libtorch 2", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gpu_that_libtorch_cannot_use_is_named_with_its_driver()
    {
        var refusal = Assert.Throws<InvalidOptionException>(() => TorchDevices.Resolve("cuda", OldDriver));
        Assert.Contains("NVIDIA L4, 23034 MiB, 470.1", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("TorchSharp-cuda-linux", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gpu_too_many_is_refused_with_those_that_there_are()
    {
        var refusal = Assert.Throws<InvalidOptionException>(() => TorchDevices.Resolve("cuda:2", Two));
        Assert.Contains("cuda:0 to cuda:1", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:x")]
    [InlineData("")]
    public void What_is_no_device_is_refused(string name)
    {
        var refusal = Assert.Throws<InvalidOptionException>(() => TorchDevices.Resolve(name));
        Assert.Contains("expected cpu, cuda, cuda:N or auto", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Threads_are_set_of_libtorch_and_of_its_blas()
    {
        TorchThreads.Set(1);
        Assert.Equal(1, torch.get_num_threads());
        Assert.StartsWith("1 thread(s) of libtorch", TorchThreads.Describe(), StringComparison.Ordinal);
        Assert.DoesNotContain("2 thread", TorchThreads.Describe(), StringComparison.Ordinal);
        TorchThreads.Set(2);
        Assert.Equal(2, torch.get_num_threads());
        TorchThreads.Set(1);
    }

    [Fact]
    public void Out_of_memory_names_the_batch_size_and_what_the_network_needs()
    {
        (NetworkSpec spec, _) = NetworkCases.All[0];
        var failure = new Win32Exception(1, "CUDA out of memory. Tried to allocate 2.00 GiB\nsecond line");
        Assert.True(DeviceMemory.IsExhausted(failure));
        Assert.True(DeviceMemory.IsExhausted(new Win32Exception(1, "DefaultCPUAllocator: can't allocate memory")));
        Assert.False(DeviceMemory.IsExhausted(new Win32Exception(1, "mat1 and mat2 shapes cannot be multiplied")));
        string message = DeviceMemory.Exhausted(spec, 512, "cuda:0", failure).Message;
        Assert.Contains("cuda:0 is out of memory: learner.batch_size 512 on network 4-64-64-2", message, StringComparison.Ordinal);
        Assert.Contains("MB", message, StringComparison.Ordinal);
        Assert.Contains("The last checkpoint is intact", message, StringComparison.Ordinal);
        Assert.DoesNotContain("second line", message, StringComparison.Ordinal);
    }
}
