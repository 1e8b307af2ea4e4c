/// <summary>
/// Loaded into a child process by DOTNET_STARTUP_HOOKS, which asks for this name without a namespace: writes the names of the assemblies that the process
/// loaded until its end.
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
