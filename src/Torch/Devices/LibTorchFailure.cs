using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Krewe.Torch;

/// <summary>The cause of a failure to load libtorch.</summary>
/// <param name="File">The library that failed to load; null if this build does not have it.</param>
/// <param name="LoaderError">The loader's message; null if <paramref name="File"/> is null.</param>
/// <param name="NewestGlibcxx">
/// The newest symbol version of the system's libstdc++, for example <c>3.4.30</c>; null unless the loader needs a newer one.
/// </param>
public sealed partial record LibTorchFailure(string? File, string? LoaderError, string? NewestGlibcxx)
{
    private const string OtherBackend = "train with learner.backend simd";

    /// <summary>Describes what is missing and what to do about it.</summary>
    public string Explain()
    {
        if (File is null)
        {
            return $"libtorch is not part of this build: build with -p:LibTorch=cpu or -p:LibTorch=cuda, or {OtherBackend}";
        }

        if (NewestGlibcxx is not null && MissingGlibcxx().Match(LoaderError ?? "") is { Success: true } missing)
        {
            return $"{Path.GetFileName(File)} needs a libstdc++ with GLIBCXX_{missing.Groups["wanted"].Value}, {missing.Groups["file"].Value} has GLIBCXX_{NewestGlibcxx} at most: "
                + $"use a system with the libstdc++ of GCC 13 or newer (Debian 13, Ubuntu 24.04, the .NET 10 container images), or {OtherBackend}";
        }

        return $"{File} cannot be loaded: {LoaderError}; rebuild with -p:LibTorch=cpu or -p:LibTorch=cuda, or {OtherBackend}";
    }

    /// <summary>Looks for the cause.</summary>
    /// <param name="name">The library that failed to load, without prefix and extension.</param>
    internal static LibTorchFailure Find(string name)
    {
        string folders = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        string? file = folders.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Append(AppContext.BaseDirectory)
            .SelectMany(folder => (string[])[Path.Combine(folder, $"lib{name}.so"), Path.Combine(folder, $"lib{name}.dylib"), Path.Combine(folder, $"{name}.dll")])
            .FirstOrDefault(System.IO.File.Exists);
        if (file is null)
        {
            return new LibTorchFailure(null, null, null);
        }

        try
        {
            NativeLibrary.Load(file);
            return new LibTorchFailure(file, "it can be loaded by path, but not by name", null);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            // The first line is .NET's advice, the others are the loader's message; on Windows both are one line.
            string[] lines = e.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            string error = lines.Length > 1 ? string.Join("; ", lines[1..]) : e.Message;
            return new LibTorchFailure(file, error, MissingGlibcxx().Match(error) is { Success: true } missing ? Newest(missing.Groups["file"].Value) : null);
        }
    }

    /// <summary>The newest GLIBCXX version named in a library.</summary>
    /// <param name="file">A libstdc++.</param>
    /// <returns>For example <c>3.4.30</c>; null if the file cannot be read or names none.</returns>
    internal static string? Newest(string file)
    {
        try
        {
            string text = Encoding.Latin1.GetString(System.IO.File.ReadAllBytes(file));
            return Glibcxx().Matches(text).Select(match => Version.Parse(match.Groups[1].Value)).Max()?.ToString();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"(?<file>\S+): version [`'‘]GLIBCXX_(?<wanted>\d+(\.\d+)+)['’] not found")]
    private static partial Regex MissingGlibcxx();

    [GeneratedRegex(@"GLIBCXX_(\d+\.\d+(\.\d+)?)")]
    private static partial Regex Glibcxx();
}
