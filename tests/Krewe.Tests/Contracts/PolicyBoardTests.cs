using Krewe.Contracts.Policies;

namespace Krewe.Tests.Contracts;

public class PolicyBoardTests
{
    [Fact]
    public void Nothing_is_read_before_the_first_version()
    {
        var board = new PolicyBoard(parameterCount: 2);
        long version = -1;
        Assert.False(board.TryRead(ref version, new float[2]));
        Assert.Equal(-1, board.Version);
    }

    [Fact]
    public void A_version_that_is_not_newer_is_ignored()
    {
        var board = new PolicyBoard(parameterCount: 1);
        Assert.True(board.Publish(version: 5, [50f]));
        Assert.False(board.Publish(version: 5, [51f]));
        Assert.False(board.Publish(version: 4, [40f]));
        long version = -1;
        var read = new float[1];
        Assert.True(board.TryRead(ref version, read));
        Assert.Equal(5, version);
        Assert.Equal(50f, read[0]);
    }

    [Fact]
    public void A_version_is_read_once()
    {
        var board = new PolicyBoard(parameterCount: 1);
        board.Publish(version: 0, [1f]);
        long version = -1;
        Assert.True(board.TryRead(ref version, new float[1]));
        Assert.False(board.TryRead(ref version, new float[1]));
    }

    [Fact]
    public void Parameters_of_another_network_are_refused()
    {
        var board = new PolicyBoard(parameterCount: 3);
        Assert.Throws<ArgumentException>(() => board.Publish(version: 0, new float[2]));
        long version = -1;
        Assert.Throws<ArgumentException>(() => board.TryRead(ref version, new float[4]));
    }

    [Fact]
    public void No_reader_sees_half_a_policy_or_an_older_one() =>
        Assert.Null(Hammer(new PolicyBoard(parameterCount: 4_096)));

    [Fact]
    public void The_hammer_finds_a_board_that_tears() =>
        Assert.NotNull(Hammer(new TearingBoard(parameterCount: 4_096)));

    // Every parameter of a version equals the version, so a torn read shows as two different numbers. Returns what was wrong.
    private static string? Hammer<T>(T board)
        where T : IPolicySource, IPolicySink
    {
        const int Versions = 4_000;
        string? fault = null;
        using var start = new Barrier(participantCount: 4);
        Thread[] threads = [new(Write), new(Write), new(Read), new(Read)];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        return fault;

        void Write()
        {
            var parameters = new float[4_096];
            start.SignalAndWait();
            for (long version = 0; version <= Versions && Volatile.Read(ref fault) is null; version++)
            {
                parameters.AsSpan().Fill(version);
                board.Publish(version, parameters);
            }
        }

        void Read()
        {
            var parameters = new float[4_096];
            long version = -1;
            start.SignalAndWait();
            while (version < Versions && Volatile.Read(ref fault) is null)
            {
                long before = version;
                if (!board.TryRead(ref version, parameters))
                {
                    continue;
                }

                if (version <= before)
                {
                    Volatile.Write(ref fault, $"version {version} after {before}");
                }

                int torn = parameters.AsSpan().IndexOfAnyExcept((float)version);
                if (torn >= 0)
                {
                    Volatile.Write(ref fault, $"parameter {torn} of version {version} is {parameters[torn]}");
                }
            }
        }
    }

    /// <summary>The known-broken control: the same board without its lock.</summary>
    private sealed class TearingBoard(int parameterCount) : IPolicySource, IPolicySink
    {
        private readonly float[] _parameters = new float[parameterCount];
        private long _version = -1;

        public long Version => Volatile.Read(ref _version);

        public bool Publish(long version, ReadOnlySpan<float> parameters)
        {
            // The yield in the middle makes tearing certain on one core too.
            parameters[..(parameterCount / 2)].CopyTo(_parameters);
            Volatile.Write(ref _version, version);
            Thread.Yield();
            parameters[(parameterCount / 2)..].CopyTo(_parameters.AsSpan(parameterCount / 2));
            return true;
        }

        public bool TryRead(ref long version, Span<float> parameters)
        {
            _parameters.CopyTo(parameters);
            bool newer = Version != version;
            version = Version;
            return newer;
        }
    }
}
