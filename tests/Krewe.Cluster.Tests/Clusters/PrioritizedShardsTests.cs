using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Replay;
using Krewe.Runtime;
using Krewe.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.TestingHost;

namespace Krewe.Cluster.Tests;

/// <summary>Shards on silos sample like a list in which all masses are added up for each draw, also after one of them was killed.</summary>
public sealed class PrioritizedShardsTests : IAsyncDisposable
{
    private const double Exponent = 0.6;
    private const int Rows = 100_000;

    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2));
    private readonly Dictionary<(int Shard, long Position), float> _priorities = [];
    private readonly HashSet<(int Shard, long Position)> _lost = [];
    private readonly Pcg64 _random = new(5);
    private TestSilos? _silos;
    private long _sequence;

    public async ValueTask DisposeAsync()
    {
        _limit.Dispose();
        if (_silos is not null)
        {
            await _silos.DisposeAsync();
        }
    }

    [Fact]
    public async Task Samples_have_the_probabilities_of_their_masses_and_priorities_of_a_killed_shard_touch_nothing()
    {
        // No learner and no actor but the test.
        _silos = await TestSilos.Start(registry: null, SiloRoles.Replay, SiloRoles.Replay, SiloRoles.Replay);
        TrainingOptions options = Endless.Run(actors: 1, shards: 2);
        options.Replay.MinSize = 1;
        options.Replay.SamplesPerInsert = 65_536;
        options.Replay.ErrorBuffer = 1e9;
        options.Replay.PriorityExponent = Exponent;
        TestRun run = await TestRun.Create(_silos, options, at: _silos.All.First().SiloAddress);
        RunPlan plan = RunPlan.Create(options, EnvironmentRegistry.CreateDefault());
        IReplayShardGrain[] shards = [run.Shard(0), run.Shard(1)];
        await using var replay = new PrefetchingReplay(plan, shards, new RunCounters(), NullLogger.Instance);
        await Fill(shards[0], batches: 6);
        await Fill(shards[1], batches: 4);
        await Check(replay, plan, shards);

        var management = _silos.Grains.GetGrain<IManagementGrain>(0);
        InProcessSiloHandle home = _silos.All.First();
        int killed = (await management.GetActivationAddress(shards[0]))!.Equals(home.SiloAddress) ? 1 : 0;
        SiloAddress at = (await management.GetActivationAddress(shards[killed]))!;
        Assert.NotEqual(home.SiloAddress, at);
        long before = (await shards[killed].GetStatus()).Incarnation;
        await _silos.Kill(_silos.All.Single(silo => silo.SiloAddress.Equals(at)));
        await Until(async () => (await shards[killed].GetStatus()).Incarnation != before);

        // The learner may still have samples of the lost shard.
        (int Shard, long Position)[] lost = [.. _priorities.Keys.Where(key => key.Shard == killed)];
        _lost.UnionWith(lost);
        await Fill(shards[killed], batches: 3);
        double mass = await shards[killed].UpdatePriorities([], []);
        replay.UpdatePriorities([.. lost.Select(_ => killed)], [.. lost.Select(key => key.Position)], [.. lost.Select(_ => 1e6f)]);
        var rows = new SampledBatch(plan.Segments, plan.Options.Learner.BatchSize);
        await Until(async () =>
        {
            Assert.NotEqual(SampleStatus.Closed, replay.Sample(rows, TimeSpan.FromSeconds(1), _limit.Token));
            return (await shards[killed].GetStatus()).Statistics.StaleUpdates == lost.Length;
        });
        Assert.Equal(mass, await shards[killed].UpdatePriorities([], []));
        await Check(replay, plan, shards);
    }

    private async Task Fill(IReplayShardGrain shard, int batches)
    {
        for (int i = 0; i < batches; i++)
        {
            Assert.Equal(AppendStatus.Stored, (await shard.Append(Batches.Make(actor: 1_000, ++_sequence))).Status);
        }
    }

    /// <summary>Gives every transition a priority, and compares the samples with a list of all masses.</summary>
    private async Task Check(PrefetchingReplay replay, RunPlan plan, IReplayShardGrain[] shards)
    {
        var batch = new SampledBatch(plan.Segments, plan.Options.Learner.BatchSize);
        long size = 0;
        foreach (IReplayShardGrain shard in shards)
        {
            size += (await shard.GetStatus()).Statistics.Size;
        }

        _priorities.Clear();
        await Until(async () =>
        {
            Sample((shard, position, _) =>
            {
                float priority = 1 + _random.NextInt(9);
                if (!_lost.Contains((shard, position)) && _priorities.TryAdd((shard, position), priority))
                {
                    replay.UpdatePriorities([shard], [position], [priority]);
                }
            });
            double[] masses = await Task.WhenAll(shards.Select(shard => shard.UpdatePriorities([], [])));
            return _priorities.Count == size && masses.Index().All(shard => Math.Abs((shard.Item / MassOf(shard.Index)) - 1) < 1e-5);
        });

        // Those that were sampled before the last update.
        for (int row = 0; row < Rows; row += batch.Count)
        {
            Sample((_, _, _) => { });
        }

        var counts = new Dictionary<(int, long), int>();
        double worst = 0;
        var expected = new double[shards.Length];
        int batches = 0;
        while (counts.Values.Sum() < Rows)
        {
            var shares = new Dictionary<int, double>();
            Sample((shard, position, probability) =>
            {
                counts[(shard, position)] = counts.GetValueOrDefault((shard, position)) + 1;

                // The probability of a row is that within its shard times the shard's share, which is the same for all its rows.
                double share = probability / (Mass(_priorities[(shard, position)]) / MassOf(shard));
                worst = Math.Max(worst, Math.Abs((shares.GetValueOrDefault(shard, share) / share) - 1));
                shares[shard] = share;
            });
            batches++;
            for (int shard = 0; shard < shards.Length; shard++)
            {
                // One without rows has what the other leaves.
                expected[shard] += batch.Count * (shares.TryGetValue(shard, out double share) ? share : 1 - shares.Values.Sum());
            }
        }

        // A mini-batch has the rows of a share but for one, and which one is random.
        Assert.InRange(worst, 0, 1e-4);
        Assert.All(expected.Index(), shard => Assert.Equal(shard.Item, counts.Where(entry => entry.Key.Item1 == shard.Index).Sum(entry => entry.Value), tolerance: 6 * Math.Sqrt(batches)));
        for (int shard = 0; shard < shards.Length; shard++)
        {
            ChiSquare.Check(
                counts.Where(entry => entry.Key.Item1 == shard).ToDictionary(),
                _priorities.Where(entry => entry.Key.Shard == shard).ToDictionary(entry => entry.Key, entry => Mass(entry.Value) / MassOf(shard)));
        }

        void Sample(Action<int, long, float> use)
        {
            SampleStatus status = SampleStatus.RateLimited;
            while (status == SampleStatus.RateLimited)
            {
                status = replay.Sample(batch, TimeSpan.FromSeconds(1), _limit.Token);
            }

            Assert.Equal(SampleStatus.Sampled, status);
            for (int row = 0; row < batch.Count; row++)
            {
                use(batch.Shards[row], batch.Positions[row], batch.Probabilities[row]);
            }
        }
    }

    private double MassOf(int shard) => _priorities.Where(entry => entry.Key.Shard == shard).Sum(entry => Mass(entry.Value));

    private async Task Until(Func<Task<bool>> holds)
    {
        while (!await Retried())
        {
            _limit.Token.ThrowIfCancellationRequested();
        }

        async Task<bool> Retried()
        {
            try
            {
                return await holds();
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                // Calls to a silo that was just killed fail.
                return false;
            }
        }
    }

    private static double Mass(float priority) => Math.Pow(priority + ProportionalSelector.Offset, Exponent);
}
