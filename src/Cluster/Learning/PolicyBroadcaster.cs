using System.Collections.Concurrent;
using Krewe.Cluster.Acting;
using Krewe.Cluster.Placement;
using Krewe.Contracts.Grains;
using Krewe.Contracts.Policies;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster.Learning;

/// <summary>
/// Sends each new policy once to each actor silo. One message a silo is on its way at a time; a silo that was slow gets the newest
/// version next, not those that it missed. <see cref="Publish"/> belongs to the learner's thread and only copies.
/// </summary>
internal sealed partial class PolicyBroadcaster : IPolicySink, IAsyncDisposable
{
    // No silo is sent more than this: versions come faster than actors can use them.
    private static readonly TimeSpan SmallestInterval = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MembershipPeriod = TimeSpan.FromMilliseconds(250);

    private readonly string _runId;
    private readonly SiloDirectory _directory;
    private readonly ActorSiloClient _silos;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentDictionary<SiloAddress, Task> _senders = new();
    private readonly Lock _lock = new();
    private readonly float[] _newest;
    private readonly Task _membership;
    private PolicySnapshot? _snapshot;
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
        _membership = Task.Run(FollowMembership);
    }

    /// <summary>Called once, when a silo is found to have a policy of a later learner.</summary>
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
            _version = version;
            published = _published;
            _published = Signal();
        }

        published.TrySetResult();
        return true;
    }

    /// <summary>The newest policy if it is newer than a version; made once, whoever asks.</summary>
    public PolicySnapshot? NewerThan(long version)
    {
        lock (_lock)
        {
            if (_version <= version)
            {
                return null;
            }

            return _snapshot?.Version == _version ? _snapshot : _snapshot = new PolicySnapshot(_version, _newest.ToArray());
        }
    }

    /// <summary>Waits until every actor silo has the newest policy: for lock step.</summary>
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

            if (NewerThan(sent) is not { } policy)
            {
                // Woken now and then even without a policy, to see whether the silo is still there.
                await next.WaitAsync(MembershipPeriod, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            try
            {
                long newest = await service.Publish(_runId, policy).WaitAsync(_ended.Token);
                sent = policy.Version;
                if (PolicyVersions.EpochOf(newest) > PolicyVersions.EpochOf(sent))
                {
                    Superseded?.Invoke();
                    return;
                }

                await Task.Delay(SmallestInterval, _ended.Token);
            }
            catch (Exception e) when (!_ended.IsCancellationRequested)
            {
                LogNotSent(silo, e.Message);
                await Task.Delay(MembershipPeriod, _ended.Token);
            }
        }

        _senders.TryRemove(silo, out _);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "silo {Silo} did not take the policy, it will get the newest: {Reason}")]
    private partial void LogNotSent(SiloAddress silo, string reason);
}
