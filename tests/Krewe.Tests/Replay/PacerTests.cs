using Krewe.Contracts;
using Krewe.Replay;

namespace Krewe.Tests;

public class PacerTests
{
    private static readonly RateLimiterSettings Limits = new()
    {
        MinSize = 4,
        SamplesPerInsert = 1,
        ErrorBuffer = 4,
        LargestInsert = 4,
        LargestSample = 4,
    };

    [Fact]
    public void A_reserved_append_holds_its_place_but_allows_no_sample_until_stored()
    {
        var pacer = new Pacer(new RateLimiter(Limits));
        Assert.Equal(AppendStatus.Stored, Append(pacer));
        Assert.Equal(AppendStatus.Stored, Append(pacer));
        Assert.Equal(AppendStatus.RateLimited, Append(pacer));
        Assert.Equal(SampleStatus.RateLimited, Sample(pacer));

        pacer.EndAppend(4, stored: false);
        Assert.Equal(AppendStatus.Stored, Append(pacer));
        pacer.EndAppend(4, stored: true);

        Assert.Equal(SampleStatus.Sampled, Sample(pacer));
        Assert.Equal((4L, 4L), (pacer.State.Inserted, pacer.State.Sampled));
    }

    [Fact]
    public void An_append_under_way_when_appends_complete_is_still_sampled()
    {
        var pacer = new Pacer(new RateLimiter(Limits));
        Append(pacer);
        pacer.CompleteAppends();

        Assert.Equal(SampleStatus.RateLimited, Sample(pacer));
        pacer.EndAppend(4, stored: true);
        Assert.Equal(SampleStatus.Sampled, Sample(pacer));
        Assert.Equal(SampleStatus.Closed, Sample(pacer));
        Assert.Equal(AppendStatus.Closed, Append(pacer));
    }

    private static AppendStatus Append(Pacer pacer) => pacer.WaitToAppend(4, TimeSpan.Zero, CancellationToken.None);

    private static SampleStatus Sample(Pacer pacer) => pacer.WaitToSample(4, TimeSpan.Zero, CancellationToken.None);
}
