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
            Assert.Equal((2, "some-program: KREWE_CLI_TEST_COUNT many: expected a whole number from -2147483648 to 2147483647\n"), Run(Read, "work"));
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

    [Fact]
    public void A_file_may_name_the_command_but_not_another_file()
    {
        using var folder = new TemporaryFolder();
        (string file, string nested) = ("@" + folder["whole"], "@" + folder["nested"]);
        File.WriteAllText(folder["whole"], "work --name of-the-file");
        string? name = null;
        Assert.Equal(0, Run(parsed => name = parsed.GetValue<string>("--name"), file, "--name", "typed").ExitCode);
        Assert.Equal("typed", name);
        File.WriteAllText(folder["nested"], file);
        Assert.Equal(
            (2, $"some-program: {nested}: names {file}, but a file of options cannot name another; name both on the command line\n"),
            Run(_ => Assert.Fail("ran"), "work", nested));
    }

    [Fact]
    public void The_command_line_comes_before_a_file_a_later_file_before_an_earlier_one_and_a_file_before_a_variable()
    {
        using var folder = new TemporaryFolder();
        (string first, string second) = ("@" + folder["first"], "@" + folder["second"]);
        File.WriteAllText(folder["first"], "# a comment\n--name first --cli-test-flag --list=a\n--cli-test-count\n1\n");
        File.WriteAllText(folder["second"], "--name \"the second\" --list b\n");
        Assert.Equal(("first", 1, true, "a"), Given("work", first));
        Assert.Equal(("typed", 1, true, "a"), Given("work", "--name", "typed", first));
        Assert.Equal(("typed", 2, false, "a,c"), Given("work", "--list", "c", first, "--name=typed", "--cli-test-count", "2", "--cli-test-flag=no"));
        Assert.Equal(("the second", 1, true, "a,b"), Given("work", first, second));
        Assert.Equal((2, $"some-program: {second}x: cannot be read, expected a file of options: no such file or folder\n"), Run(_ => Assert.Fail("ran"), "work", second + "x"));
        File.AppendAllText(folder["second"], "--name other");
        Assert.Equal((2, "some-program: --name is given 2 times (the second, other), expected once\n"), Run(_ => Assert.Fail("ran"), "work", second));
        try
        {
            System.Environment.SetEnvironmentVariable("KREWE_CLI_TEST_COUNT", "3");
            Assert.Equal(("first", 1, true, "a"), Given("work", first));
            Assert.Equal(3, Given("work", "--name", "x").Count);
        }
        finally
        {
            System.Environment.SetEnvironmentVariable("KREWE_CLI_TEST_COUNT", null);
        }

        static (string? Name, int Count, bool Flag, string List) Given(params string[] args)
        {
            (string?, int, bool, string) given = default;
            Assert.Equal((0, ""), Run(
                parsed => given = (
                    parsed.GetValue<string>("--name"),
                    parsed.GetValue<int>("--cli-test-count"),
                    parsed.GetValue<bool>("--cli-test-flag"),
                    string.Join(',', parsed.GetValue<string[]>("--list") ?? [])),
                args));
            return given;
        }
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("yes", true)]
    [InlineData("ON", true)]
    [InlineData("True", true)]
    [InlineData("0", false)]
    [InlineData("No", false)]
    [InlineData("off", false)]
    [InlineData("false", false)]
    [InlineData("maybe", null)]
    public void The_variable_of_a_flag_is_a_word_for_on_or_off(string value, bool? expected)
    {
        bool? flag = null;
        try
        {
            System.Environment.SetEnvironmentVariable("KREWE_CLI_TEST_FLAG", value);
            string error = expected is null ? $"some-program: KREWE_CLI_TEST_FLAG {value}: expected true or false (1 or 0, yes or no, on or off)\n" : "";
            Assert.Equal((expected is null ? 2 : 0, error), Run(parsed => flag = parsed.GetValue<bool>("--cli-test-flag"), "work"));
            Assert.Equal(expected, flag);
        }
        finally
        {
            System.Environment.SetEnvironmentVariable("KREWE_CLI_TEST_FLAG", null);
        }
    }

    [Fact]
    public void Advice_follows_the_error_and_an_error_is_one_line() => Assert.Equal(
        (1, "some-program: it broke in two places\nsome-program: mend it\n"),
        Run(_ => throw new KreweException("it broke\nin two places") { Data = { [CommandLineHost.Advice] = "mend it" } }, "work"));

    private static (int ExitCode, string Error) Run(Action<ParseResult> action, params string[] args)
    {
        var work = new Command("work")
        {
            new Option<string>("--name") { HelpName = "TEXT" },
            new Option<string>("--cli-test-name") { HelpName = "TEXT" },
            new Option<int>("--cli-test-count") { HelpName = "N" },
            new Option<bool>("--cli-test-flag"),
            new Option<string[]>("--list"),
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
