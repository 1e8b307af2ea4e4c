namespace Krewe.Cluster;

/// <summary>
/// Checks whether this silo is an active member of a cluster that it can reach. The silo's last snapshot of the membership table is not
/// enough: under localhost clustering the table is lost with the first silo, and the snapshots of the other silos do not change.
/// </summary>
internal sealed class MembershipProbe(IMembershipTable table, ILocalSiloDetails silo, SiloSettings settings)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Reads this silo's entry of the membership table.</summary>
    /// <returns>Why it is not an active member; null if it is one.</returns>
    public async Task<string?> Problem()
    {
        try
        {
            using var limit = new CancellationTokenSource(AnswerTimeout);
            MembershipTableData read = await table.ReadRowAsync(silo.SiloAddress, limit.Token).WaitAsync(limit.Token);
            SiloStatus status = read.TryGet(silo.SiloAddress)?.Item1.Status ?? SiloStatus.None;
            return status switch
            {
                SiloStatus.Active => null,
                SiloStatus.ShuttingDown or SiloStatus.Stopping => "this silo is shutting down",
                _ => $"the membership table lists this silo as {status}, expected {SiloStatus.Active}; restart it",
            };
        }
        catch (Exception e)
        {
            return settings.PrimarySiloPort is { } port
                ? $"the first silo (silo port {port}), which holds the cluster's membership and runs, does not respond; restart every silo, the first one first"
                : e is OperationCanceledException ? $"the membership table does not respond within {AnswerTimeout.TotalSeconds:F0} s"
                : $"the membership table cannot be read: {SiloText.Of(e)}";
        }
    }
}
