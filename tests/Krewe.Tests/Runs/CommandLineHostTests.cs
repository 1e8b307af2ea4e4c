using System.CommandLine;
using Krewe.Cli;
using Krewe.Contracts;

namespace Krewe.Tests;

[Collection(nameof(Alone))]
public class CommandLineHostTests
{
    [Fact]
    public void Errors_and_hints_carry_the_name_of_the_program()
    {
        Assert.Equal(
            (2, "some-program: unknown option '--nmae'; did you mean --name? (some-program work --help lists them)\n"), Run(_ => { }, "work", "--nmae", "x"));
        Assert.Equal((2, "some-program: no\n"), Run(_ => throw new InvalidOptionException("no"), "work"));
    }

    [Fact]
    public void An_interrupted_command_exits_with_130_as_in_a_shell() =>
        Assert.Equal((130, "some-program: interrupted\n"), Run(_ => throw new OperationCanceledException(), "work"));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stack_trace_is_shown_only_on_request(bool verbose)
    {
        (int exitCode, string error) = Run(_ => throw new TimeZoneNotFoundException("lost"), verbose ? ["work", "--verbose"] : ["work"]);
        Assert.Equal(1, exitCode);
        Assert.StartsWith("some-program: internal error: TimeZoneNotFoundException: lost (--verbose shows where)\n", error, StringComparison.Ordinal);
        Assert.Equal(verbose, error.Contains("   at ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_failure_to_write_standard_output_is_reported_in_one_line()
    {
        TextWriter output = Console.Out;
        try
        {
            using var full = new FullDisk();
            Console.SetOut(full);
            Assert.Equal(
                (1, "some-program: standard output cannot be written: No space left on device\n"), Run(_ => Console.Out.WriteLine("result"), "work"));
        }
        finally
        {
            Console.SetOut(output);
        }
    }

    [Fact]
    public void An_io_error_is_not_an_internal_error() =>
        Assert.Equal((1, "some-program: No space left on device (--verbose shows where)\n"), Run(_ => throw new IOException("No space left on device"), "work"));

    [Theory]
    [InlineData("--name '': is empty, expected TEXT", "")]
    [InlineData("--name --name: expected TEXT, not another option", "--name")]
    public void A_missing_value_is_refused(string expected, string value) =>
        Assert.Equal((2, $"some-program: {expected}\n"), Run(_ => Assert.Fail("ran"), "work", "--name", value));

    [Fact]
    public void An_omitted_option_is_read_from_its_variable_and_errors_name_the_variable()
    {
        string? name = null;
        void Read(ParseResult parsed) => name = parsed.GetValue<string>("--cli-test-name");
        void Refuse(ParseResult parsed) => throw new InvalidOptionException($"--cli-test-name {parsed.GetValue<string>("--cli-test-name")}: expected another");
        try
        {
            System.Environment.SetEnvironmentVariable("KREWE_CLI_TEST_NAME", "of the variable");
            Assert.Equal(0, Run(Read, "work").ExitCode);
            Assert.Equal("of the variable", name);
            Assert.Equal((2, "some-program: KREWE_CLI_TEST_NAME of the variable: expected another\n"), Run(Refuse, "work"));
            Assert.Equal(0, Run(Read, "work", "--cli-test-name", "given").ExitCode);
            Assert.Equal("given", name);
            Assert.Equal((2, "some-program: --cli-test-name given: expected another\n"), Run(Refuse, "work", "--cli-test-name", "given"));
            Assert.Equal(
                (2, "some-program: --name and KREWE_CLI_TEST_NAME: give one\n"),
                Run(_ => throw new InvalidOptionException("--name and --cli-test-name: give one"), "work"));
            System.Environment.SetEnvironmentVariable("KREWE_CLI_TEST_NAME", "@file=x");
            Assert.Equal(0, Run(Read, "work").ExitCode);
            Assert.Equal("@file=x", name);
            System.Environment.SetEnvironmentVariable("KREWE_CLI_TEST_NAME", "");
            Assert.Equal(0, Run(Read, "work").ExitCode);
            Assert.Null(name);
            System.Environment.SetEnvironmentVariable("KREWE_CLI_TEST_COUNT", "many");
            Assert.Equal((2, "some-program: KREWE_CLI_TEST_COUNT many: expected a whole number\n"), Run(Read, "work"));
        }
        finally
        {
            System.Environment.SetEnvironmentVariable("KREWE_CLI_TEST_NAME", null);
            System.Environment.SetEnvironmentVariable("KREWE_CLI_TEST_COUNT", null);
        }
    }

    [Fact]
    public void Options_are_read_from_a_file()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["options"], "--name\nof-the-file\n");
        string? name = null;
        Assert.Equal(0, Run(parsed => name = parsed.GetValue<string>("--name"), "work", "@" + folder["options"]).ExitCode);
        Assert.Equal("of-the-file", name);
    }

    private static (int ExitCode, string Error) Run(Action<ParseResult> action, params string[] args)
    {
        var work = new Command("work")
        {
            new Option<string>("--name") { HelpName = "TEXT" },
            new Option<string>("--cli-test-name") { HelpName = "TEXT" },
            new Option<int>("--cli-test-count") { HelpName = "N" },
        };
        work.SetAction(action);
        TextWriter error = Console.Error;
        using var written = new StringWriter { NewLine = "\n" };
        try
        {
            Console.SetError(written);
            return (CommandLineHost.Run(new RootCommand { work }, "some-program", args), written.ToString());
        }
        finally
        {
            Console.SetError(error);
        }
    }

    private sealed class FullDisk : StringWriter
    {
        public override void Write(char value) => throw new IOException("No space left on device");

        public override void Write(string? value) => throw new IOException("No space left on device");
    }
}
