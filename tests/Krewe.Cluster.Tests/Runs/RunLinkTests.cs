namespace Krewe.Cluster.Tests;

public sealed class RunLinkTests
{
    [Fact]
    public void An_outage_is_logged_once_however_long_it_lasts_and_so_is_its_end()
    {
        using var log = new ClusterLog();
        var link = new RunLink("run", log.CreateLogger("test"));
        link.Answered();
        link.Failed(new TimeoutException("first"));
        link.Failed(new TimeoutException("second"));
        link.Answered();
        link.Answered();
        string[] lines = log.Text.Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Contains("run run: its grain is unreachable; retrying until it answers: first", lines[0], StringComparison.Ordinal);
        Assert.Contains("run run: its grain is reachable again", lines[1], StringComparison.Ordinal);
    }
}
