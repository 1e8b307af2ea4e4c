using System.Diagnostics;
using System.Text;
using Krewe.Contracts;

namespace Krewe.Torch.Tests;

public sealed class LibTorchTests : IDisposable
{
    private const string ChildProcess = "KREWE_LIBTORCH_TEST_CHILD";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("krewe-libtorch-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_build_without_libtorch_is_told_how_to_get_it()
    {
        string text = new LibTorchFailure(null, null, null).Explain();
        Assert.Contains("-p:LibTorch=cpu or -p:LibTorch=cuda", text, StringComparison.Ordinal);
        Assert.DoesNotContain("cannot be loaded", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_libstdcxx_that_is_too_old_is_named_with_what_it_has_and_what_is_needed()
    {
        const string Error = "/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libLibTorchSharp.so)";
        string text = new LibTorchFailure("/app/libLibTorchSharp.so", Error, "3.4.30").Explain();
        Assert.Contains("needs a libstdc++ with GLIBCXX_3.4.32, /lib/libstdc++.so.6 has GLIBCXX_3.4.30 at most", text, StringComparison.Ordinal);
        Assert.Contains("Debian 13, Ubuntu 24.04, the .NET 10 container images", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("libgomp.so.1: cannot open shared object file: No such file or directory", null)]
    [InlineData("/lib/libc.so.6: version `GLIBC_2.38' not found (required by /app/libtorch_cpu.so)", null)]
    [InlineData("/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libtorch_cpu.so)", null)]
    public void Another_error_of_the_loader_is_quoted(string error, string? newest) =>
        Assert.Contains($"/app/libtorch_cpu.so cannot be loaded: {error}", new LibTorchFailure("/app/libtorch_cpu.so", error, newest).Explain(), StringComparison.Ordinal);

    [Fact]
    public void The_newest_version_of_a_libstdcxx_is_compared_by_number()
    {
        string file = Path.Combine(_folder.FullName, "libstdc++.so.6");
        File.WriteAllBytes(file, [0, 255, .. Encoding.ASCII.GetBytes("GLIBCXX_3.4.9\0GLIBCXX_3.4.30\0GLIBCXX_3.4.4\0GLIBCXX_DEBUG\0GLIBCXX_TUNABLES")]);
        Assert.Equal("3.4.30", LibTorchFailure.Newest(file));
        Assert.Null(LibTorchFailure.Newest(file + "x"));
        File.WriteAllText(file, "no version");
        Assert.Null(LibTorchFailure.Newest(file));
    }

    [Fact]
    public async Task A_failed_load_leaves_nothing_behind_that_harms_the_next()
    {
        if (Environment.GetEnvironmentVariable(ChildProcess) is not null)
        {
            LibTorch.Load();
            return;
        }

        CopyProgram();
        string shim = Directory.EnumerateFiles(_folder.FullName, "*LibTorchSharp.*", SearchOption.AllDirectories).Single();
        string libtorch = Directory.EnumerateFiles(_folder.FullName, "*torch_cpu.*", SearchOption.AllDirectories).First(file => !file.EndsWith(".lib", StringComparison.Ordinal));
        await Failing(shim, "not a library", $"{shim} cannot be loaded: ");
        await Failing(libtorch, "not a library", $"{libtorch} cannot be loaded: ");
        await Failing(libtorch, null, "libtorch is not part of this build");
        (int code, string output) = await Load();
        Assert.True(code == 0, output);
    }

    /// <summary>Loads with a library replaced by another file, or taken away.</summary>
    private async Task Failing(string library, string? content, string expected)
    {
        File.Move(library, library + ".good");
        if (content is not null)
        {
            await File.WriteAllTextAsync(library, content);
        }

        (int code, string output) = await Load();
        Assert.NotEqual(0, code);
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.Contains(nameof(InvalidOptionException), output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder.FullName, "cpu")));
        File.Move(library + ".good", library, overwrite: true);
    }

    /// <summary>This program with the libraries of this platform; those are links, since they are half a gigabyte.</summary>
    private void CopyProgram()
    {
        string from = AppContext.BaseDirectory;
        foreach (string file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(_folder.FullName, Path.GetFileName(file)));
        }

        string native = Path.Combine("runtimes", System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier, "native");
        Directory.CreateDirectory(Path.Combine(_folder.FullName, native));
        foreach (string file in Directory.EnumerateFiles(Path.Combine(from, native)))
        {
            File.CreateSymbolicLink(Path.Combine(_folder.FullName, native, Path.GetFileName(file)), file);
        }
    }

    /// <summary>Runs the test above in the copied program, where it only loads.</summary>
    private async Task<(int ExitCode, string Output)> Load()
    {
        string program = Path.Combine(_folder.FullName, $"{typeof(LibTorchTests).Assembly.GetName().Name}{(OperatingSystem.IsWindows() ? ".exe" : "")}");

        // All three streams: those of this process belong to the test runner, which reads its reports from them.
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"{typeof(LibTorchTests).FullName}.{nameof(A_failed_load_leaves_nothing_behind_that_harms_the_next)}");
        start.Environment[ChildProcess] = "1";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }
}
