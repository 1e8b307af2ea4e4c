using System.Reflection;
using System.Runtime.Loader;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>Loads a user's assembly and its dependencies into a separate load context that shares Krewe's assemblies with the host.</summary>
internal static class EnvironmentAssemblyLoader
{
    /// <summary>Loads an assembly file.</summary>
    /// <param name="path">The .dll.</param>
    /// <exception cref="InvalidOptionException">The file is missing or is not a .NET assembly for this runtime.</exception>
    public static Assembly Load(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidOptionException($"assembly {path}: no such file, expected the path of a .dll");
        }

        string full = Path.GetFullPath(path);
        try
        {
            return new Context(full).LoadFromAssemblyPath(full);
        }
        catch (BadImageFormatException e)
        {
            throw new InvalidOptionException($"assembly {path}: not a .NET assembly, expected the .dll of a class library", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            throw new InvalidOptionException($"assembly {path}: cannot be loaded: {FileFault.Reason(e)}", e);
        }
    }

    private sealed class Context(string path) : AssemblyLoadContext(path)
    {
        private static readonly AssemblyLoadContext Host = GetLoadContext(typeof(IEnvironment).Assembly) ?? Default;

        private readonly AssemblyDependencyResolver _resolver = new(path);

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            // If the contracts were loaded a second time, the user's classes would implement a different IEnvironment from the host's.
            if (assemblyName.Name is { } name && name.StartsWith("Krewe.", StringComparison.Ordinal))
            {
                try
                {
                    return Host.LoadFromAssemblyName(assemblyName);
                }
                catch (FileNotFoundException)
                {
                    // The host has no such assembly: names of users' assemblies may start with "Krewe." too.
                }
            }

            return _resolver.ResolveAssemblyToPath(assemblyName) is { } file ? LoadFromAssemblyPath(file) : null;
        }

        protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
            _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } file ? LoadUnmanagedDllFromPath(file) : 0;
    }
}
