using Krewe.Learner;

namespace Krewe.Tests;

/// <summary>One evaluation of an objective on written-out outputs.</summary>
internal sealed class ObjectiveCase
{
    public ObjectiveCase(IObjective objective, int actions, float[] returns, float[] discounts, float[] outputs, params float[][] passes)
    {
        int rows = returns.Length;
        Gradients = new float[outputs.Length];
        Losses = new float[rows];
        Values = new float[rows];
        Priorities = new float[rows];
        int stride = passes.Max(pass => pass.Length);
        var all = new float[stride * passes.Length];
        for (int i = 0; i < passes.Length; i++)
        {
            passes[i].CopyTo(all, i * stride);
        }

        objective.Evaluate(new ObjectiveBlock(all, stride)
        {
            Actions = actions,
            Returns = returns,
            Discounts = discounts,
            Outputs = outputs,
            Gradients = Gradients,
            Losses = Losses,
            Values = Values,
            Priorities = Priorities,
        });
    }

    public float[] Gradients { get; }

    public float[] Losses { get; }

    public float[] Values { get; }

    public float[] Priorities { get; }
}
