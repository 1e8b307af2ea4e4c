using System.Diagnostics;
using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;
using Microsoft.Win32.SafeHandles;

namespace Krewe.Cluster.Tests;

/// <summary>Tests the handling of batches that arrive over the wire.</summary>
[Collection(nameof(SeparateRoles))]
public sealed partial class ShardTests(SeparateRoles roles)
{
    // No actor of the run has this number.
    private const int Stranger = 1_000;

    // O_RDONLY, O_RDWR and F_SETPIPE_SZ of Linux.
    private const int OpenToRead = 0;
    private const int OpenBoth = 2;
    private const int SetPipeSizeCommand = 1031;
    private const int PageBytes = 4096;

    [Fact]
    public async Task A_repeated_batch_is_stored_once()
    {
        TestRun run = await CreateIdle();
        long before = await Inserted(run);
        foreach (long sequence in new long[] { 5, 5, 4, 6, 5, 6 })
        {
            Assert.Equal(AppendStatus.Stored, (await run.Shard(0).Append(Batches.Make(Stranger, sequence))).Status);
        }

        Assert.Equal(before + 16, await Inserted(run));
        await End(run);
    }

    [Fact]
    public async Task An_invalid_batch_is_refused_naming_run_and_shard_and_the_shard_continues()
    {
        TestRun run = await CreateIdle();
        long before = await Inserted(run);
        SegmentBatch other = Batches.Make(Stranger, 1, spec: new SegmentSpec(ElementType.Float32, 4, 3));
        SegmentBatch notANumber = Batches.Make(Stranger, 2);
        notANumber.Rewards[3] = float.NaN;
        SegmentBatch action = Batches.Make(Stranger, 3);
        action.Actions[2] = 2;
        SegmentBatch open = Batches.Make(Stranger, 4);
        open.Flags[^1] = SlotFlags.None;
        SegmentBatch large = Batches.Make(Stranger, 5, steps: 5_000);
        foreach (SegmentBatch batch in new[] { other, notANumber, action, open, large })
        {
            var e = await Assert.ThrowsAsync<InvalidDataFormatException>(() => run.Shard(0).Append(batch));
            Assert.StartsWith($"run {run.Id}: shard 0 rejected a batch of actor {Stranger}: ", e.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, await Inserted(run));
        Assert.Equal(AppendStatus.Stored, (await run.Shard(0).Append(Batches.Make(Stranger, 6))).Status);
        Assert.Equal(before + 8, await Inserted(run));
        await End(run);
    }

    [Fact]
    public async Task An_append_after_the_end_of_the_run_returns_Closed()
    {
        TestRun run = await CreateIdle();
        Assert.Equal(AppendStatus.Stored, (await run.Shard(0).Append(Batches.Make(Stranger, 1))).Status);
        await End(run);

        // The run ends shortly before its shards learn of it; from then on every append is refused.
        long sequence = 2;
        await run.Until("a closed shard", _ => run.Shard(0).Append(Batches.Make(Stranger, sequence++)).Result.Status == AppendStatus.Closed);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(AppendStatus.Closed, (await run.Shard(0).Append(Batches.Make(Stranger, sequence++))).Status);
        }

        Assert.Equal(SampleStatus.Closed, (await run.Shard(0).Sample(1, 1)).Status);
        Assert.Equal(0, (await run.Shard(0).GetStatus()).Statistics.Size);
    }

    [Fact]
    public async Task A_shard_of_an_unknown_run_is_not_created()
    {
        IReplayShardGrain shard = roles.Silos.Grains.GetGrain<IReplayShardGrain>(0, "never-was");
        var e = await Assert.ThrowsAsync<InvalidOptionException>(() => shard.Append(Batches.Make(1, 1)));
        Assert.Contains("there is no such run", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_during_a_save_are_queued_and_the_silo_keeps_working()
    {
        TestRun run = await CreateIdle();
        IReplayShardGrain shard = run.Shard(0);
        long sequence = 1;
        while (await Inserted(run) < 1_000)
        {
            Assert.Equal(AppendStatus.Stored, (await shard.Append(Batches.Make(Stranger, sequence++))).Status);
        }

        long before = await Inserted(run);
        string folder = Path.Combine(roles.Silos.Folder(run.Id), "replay");
        Directory.CreateDirectory(folder);

        // A pipe in place of the temporary file of the snapshot: it holds a page, then writing blocks until it is read.
        string pipe = Path.Combine(folder, "replay-0.shard.tmp");
        await Run("mkfifo", pipe);
        var both = new FileStream(Open(pipe, OpenBoth), FileAccess.ReadWrite, bufferSize: 0);
        Assert.Equal(PageBytes, SetPipeSize(both.SafeFileHandle, SetPipeSizeCommand, PageBytes));
        Task save = shard.Save();
        await Task.Run(both.ReadByte).WaitAsync(TimeSpan.FromSeconds(30));
        Task<AppendReply> append = shard.Append(Batches.Make(Stranger, sequence));
        Task<SampleReply> sample = shard.Sample(1, 1);
        try
        {
            Assert.Equal(before, await Inserted(run));
            Assert.False(save.IsCompleted);
        }
        finally
        {
            // Reads to the end, which there is once the only writer is the save.
            using var reader = new FileStream(Open(pipe, OpenToRead), FileAccess.Read);
            await both.DisposeAsync();
            await Task.Run(() => reader.CopyTo(Stream.Null));
            await save;
        }

        Assert.Equal(SampleStatus.RateLimited, (await sample).Status);

        // An append that timed out is rejected and retried.
        AppendStatus status = (await append).Status;
        Assert.Equal(AppendStatus.Stored, status == AppendStatus.RateLimited ? (await shard.Append(Batches.Make(Stranger, sequence))).Status : status);
        Assert.Equal(before + 8, await Inserted(run));
        await End(run);
    }

    // Not through FileStream, which would lock the pipe.
    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int SetPipeSize(SafeFileHandle pipe, int command, int bytes);

    private static async Task Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>Creates a run whose actors are paused and whose replay is not sampled.</summary>
    private async Task<TestRun> CreateIdle()
    {
        TrainingOptions options = Endless.Run(actors: 1, shards: 1);
        options.Replay.MinSize = options.Replay.Capacity;
        TestRun run = await TestRun.Create(roles.Silos, options);
        await run.Grain.Pause();
        await run.UntilIdle();
        return run;
    }

    private static async Task<long> Inserted(TestRun run) => (await run.Shard(0).GetStatus()).InsertedHere;

    private static async Task End(TestRun run)
    {
        await run.Grain.Stop();
        await run.UntilStopped();
    }
}
