/// <summary>
/// The startup hook of a child process: writes the names of the assemblies that are loaded at its end. DOTNET_STARTUP_HOOKS requires this
/// name without a namespace.
/// </summary>
internal static class StartupHook
{
    public const string Variable = "KREWE_TEST_LOADED_ASSEMBLIES";

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { } path)
        {
            AppDomain.CurrentDomain.ProcessExit += (_, _) =>
                File.WriteAllLines(path, AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name!));
        }
    }
}
