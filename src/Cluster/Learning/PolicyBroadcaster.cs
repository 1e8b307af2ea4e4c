using System.Collections.Concurrent;
using System.Diagnostics;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>
/// Sends each new policy once to each actor silo. One message per silo is in flight at a time; a slow silo gets the newest version next
/// and skips those in between. <see cref="Publish(long, IParameterSource)"/> is for the learner's thread and only copies.
/// </summary>
internal sealed partial class PolicyBroadcaster : IPolicySink, IAsyncDisposable
{
    // Fast environments are solved sooner with newer policies, so a single silo is sent the next version as soon as it asks. Over all silos
    // the rate is limited so that sending takes a small part of a core: a message of 270 KB costs the learner's process 0.2 ms (measured)
    // and is allotted 2.4 ms. No silo waits longer than the largest interval.
    private const double MicrosecondsPerMessage = 500;
    private const double MicrosecondsPerByte = 0.007;
    private static readonly TimeSpan LargestInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MembershipPeriod = TimeSpan.FromMilliseconds(250);

    private readonly string _runId;
    private readonly SiloDirectory _directory;
    private readonly ActorSiloClient _silos;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentDictionary<SiloAddress, Task> _senders = new();
    private readonly Lock _lock = new();
    private readonly float[] _newest;
    private readonly TimeSpan _intervalPerSilo;
    private readonly Task _membership;
    private readonly Stack<float[]> _spare = new();
    private Outgoing? _outgoing;
    private long _version = -1;
    private TaskCompletionSource _published = Signal();

    /// <summary>Starts sending.</summary>
    public PolicyBroadcaster(string runId, int parameterCount, SiloDirectory directory, ActorSiloClient silos, ILogger logger)
    {
        _runId = runId;
        _directory = directory;
        _silos = silos;
        _logger = logger;
        _newest = new float[parameterCount];
        _intervalPerSilo = TimeSpan.FromMicroseconds(MicrosecondsPerMessage + (MicrosecondsPerByte * sizeof(float) * parameterCount));
        _membership = Task.Run(FollowMembership);
    }

    /// <summary>Called once, when a silo reports a policy of a later learner.</summary>
    public Action? Superseded { get; set; }

    /// <inheritdoc/>
    public bool Publish(long version, ReadOnlySpan<float> parameters)
    {
        TaskCompletionSource published;
        lock (_lock)
        {
            if (version <= _version)
            {
                return false;
            }

            parameters.CopyTo(_newest);
            published = Replace(version);
        }

        published.TrySetResult();
        return true;
    }

    /// <inheritdoc/>
    public bool Publish(long version, IParameterSource parameters)
    {
        TaskCompletionSource published;
        lock (_lock)
        {
            if (version <= _version)
            {
                return false;
            }

            parameters.ReadParameters(_newest);
            published = Replace(version);
        }

        published.TrySetResult();
        return true;
    }

    /// <summary>The newest policy if it is newer than the given version.</summary>
    public PolicySnapshot? NewerThan(long version)
    {
        lock (_lock)
        {
            return _version <= version ? null : new PolicySnapshot(_version, _newest.ToArray());
        }
    }

    /// <summary>Waits until every actor silo has the newest policy; for lock step.</summary>
    public async Task Flush(CancellationToken cancellationToken)
    {
        if (NewerThan(-1) is { } policy)
        {
            await Task.WhenAll(_directory.With(SiloRoles.Actor).Select(silo => _silos.On(silo.Address).Publish(_runId, policy)))
                .WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _membership.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_senders.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    /// <summary>The minimum time between two messages to the same silo.</summary>
    private TimeSpan Interval => TimeSpan.FromTicks(Math.Min(LargestInterval.Ticks, _intervalPerSilo.Ticks * _senders.Count));

    /// <summary>Under the lock, when the newest parameters are written.</summary>
    private TaskCompletionSource Replace(long version)
    {
        TaskCompletionSource published = _published;
        _version = version;
        _published = Signal();
        return published;
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task FollowMembership()
    {
        while (!_ended.IsCancellationRequested)
        {
            foreach (ActiveSilo silo in _directory.With(SiloRoles.Actor))
            {
                _ = _senders.GetOrAdd(silo.Address, address => Task.Run(() => Send(address)));
            }

            await Task.Delay(MembershipPeriod, _ended.Token);
        }
    }

    private async Task Send(SiloAddress silo)
    {
        IActorSiloService service = _silos.On(silo);
        long sent = -1;
        while (!_ended.IsCancellationRequested && _directory.IsActive(silo))
        {
            Task next;
            lock (_lock)
            {
                next = _published.Task;
            }

            if (Take(sent) is not { } outgoing)
            {
                // Wakes periodically even without a policy, to check whether the silo is still a member.
                await next.WaitAsync(MembershipPeriod, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            bool answered = false;
            long began = Stopwatch.GetTimestamp();
            try
            {
                long newest = await service.Publish(_runId, outgoing.Policy).WaitAsync(_ended.Token);
                answered = true;
                sent = outgoing.Policy.Version;
                if (PolicyVersions.EpochOf(newest) > PolicyVersions.EpochOf(sent))
                {
                    Superseded?.Invoke();
                    return;
                }

                TimeSpan left = Interval - Stopwatch.GetElapsedTime(began);
                if (left > TimeSpan.Zero)
                {
                    // Timers have a resolution of one millisecond: shorter waits are skipped.
                    await Task.Delay(left, _ended.Token);
                }
            }
            catch (Exception e) when (!_ended.IsCancellationRequested)
            {
                string reason = SiloText.Of(e);
                LogNotSent(silo, reason);
                await Task.Delay(MembershipPeriod, _ended.Token);
            }
            finally
            {
                Return(outgoing, answered);
            }
        }

        _senders.TryRemove(silo, out _);
    }

    /// <summary>
    /// The newest policy for one sender, if it is newer than the last one sent. All senders of a version share one copy, and copies are
    /// reused: those of large networks would otherwise fill the large object heap hundreds of times a second.
    /// </summary>
    private Outgoing? Take(long sent)
    {
        lock (_lock)
        {
            if (_version <= sent)
            {
                return null;
            }

            if (_outgoing?.Policy.Version != _version)
            {
                Outgoing? before = _outgoing;
                float[] parameters = _spare.TryPop(out float[]? spare) ? spare : new float[_newest.Length];
                _newest.CopyTo(parameters, 0);
                _outgoing = new Outgoing(new PolicySnapshot(_version, parameters), parameters);
                Recycle(before);
            }

            _outgoing.Senders++;
            return _outgoing;
        }
    }

    private void Return(Outgoing outgoing, bool answered)
    {
        lock (_lock)
        {
            outgoing.Senders--;

            // An unacknowledged message may still be in flight: its memory is left to the garbage collector.
            outgoing.IsLost |= !answered;
            if (!ReferenceEquals(outgoing, _outgoing))
            {
                Recycle(outgoing);
            }
        }
    }

    private void Recycle(Outgoing? outgoing)
    {
        if (outgoing is { Senders: 0, IsLost: false })
        {
            _spare.Push(outgoing.Parameters);
        }
    }

    private sealed class Outgoing(PolicySnapshot policy, float[] parameters)
    {
        public PolicySnapshot Policy => policy;

        public float[] Parameters => parameters;

        public int Senders { get; set; }

        public bool IsLost { get; set; }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "silo {Silo} did not acknowledge the policy and will be sent the newest: {Reason}")]
    private partial void LogNotSent(SiloAddress silo, string reason);
}
