using System.Text;
using Krewe.Contracts;
using Krewe.Learner;

namespace Krewe.Tests;

public class SafetensorsTests
{
    /// <summary>Composed by hand from the format's description: 1.0 is 00 00 80 3F, -2.0 is 00 00 00 C0, 7 and 9 are bytes; the JSON has 134 bytes, so two spaces make it 136, 0x88.</summary>
    private static readonly byte[] Golden =
    [
        0x88, 0, 0, 0, 0, 0, 0, 0,
        .. "{\"__metadata__\":{\"k\":\"v\"},\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"u8,
        .. "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[8,10]}}  "u8,
        0x00, 0x00, 0x80, 0x3F, 0x00, 0x00, 0x00, 0xC0, 7, 9,
    ];

    private static SafetensorsFile GoldenContent => new(
        new Dictionary<string, StoredTensor>
        {
            ["b"] = new(TensorType.U8, [2], new byte[] { 7, 9 }),
            ["a"] = StoredTensor.FromFloats([1f, -2f], 1, 2),
        },
        new Dictionary<string, string> { ["k"] = "v" });

    [Fact]
    public void The_bytes_are_those_of_the_format() => Assert.Equal(Encoding.Latin1.GetString(Golden), Encoding.Latin1.GetString(Bytes(GoldenContent)));

    [Fact]
    public void A_file_written_by_hand_is_read()
    {
        SafetensorsFile file = SafetensorsReader.Parse(Golden, "golden");
        Assert.Equal("v", file.Metadata["k"]);
        Assert.Equal(2, file.Tensors.Count);
        Assert.Equal(TensorType.F32, file.Tensors["a"].Type);
        Assert.Equal([1L, 2L], file.Tensors["a"].Shape.ToArray());
        var values = new float[2];
        file.Tensors["a"].CopyTo(values);
        Assert.Equal([1f, -2f], values);
        Assert.Equal(new byte[] { 7, 9 }, file.Tensors["b"].Data.ToArray());
    }

    [Fact]
    public void A_torn_file_is_refused_at_every_length()
    {
        for (int length = 0; length < Golden.Length; length++)
        {
            byte[] torn = Golden[..length];
            InvalidDataFormatException fault = Assert.Throws<InvalidDataFormatException>(() => SafetensorsReader.Parse(torn, "torn.safetensors"));
            Assert.Contains("torn.safetensors", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_longer_file_is_refused() =>
        Assert.Throws<InvalidDataFormatException>(() => SafetensorsReader.Parse((byte[])[.. Golden, 1], "long"));

    [Fact]
    public void Any_flipped_bit_is_refused_or_gives_valid_data()
    {
        byte[] network = Bytes(LearnerStateFile.FromState(RandomState().ToState()));
        foreach (byte[] file in new[] { Golden, network })
        {
            int refused = 0;
            for (int bit = 0; bit < 8 * file.Length; bit++)
            {
                byte[] flipped = [.. file];
                flipped[bit / 8] ^= (byte)(1 << (bit % 8));
                try
                {
                    SafetensorsFile content = SafetensorsReader.Parse(flipped, "flipped");
                    Assert.All(content.Tensors.Values, t => Assert.Equal(t.Data.Length, t.Shape.Aggregate((long)StoredTensor.ByteSize(t.Type), (x, y) => x * y)));
                    LearnerStateFile.ToState(content, "flipped");
                }
                catch (InvalidDataFormatException fault)
                {
                    Assert.Contains("flipped", fault.Message, StringComparison.Ordinal);
                    refused++;
                }
            }

            Assert.True(refused > 64, "a flipped header length at least must be seen");
        }
    }

    [Theory]
    [InlineData("[]", "a JSON Array, expected an object")]
    [InlineData("{", "not valid JSON")]
    [InlineData("{\"a\":1}", "tensor 'a' is described by a JSON Number")]
    [InlineData("{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,8]}}", "tensor 'a' has dtype 'F16'")]
    [InlineData("{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", "tensor 'a' has dtype ''")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", "tensor 'a' has no array 'shape'")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", "tensor 'a' has no array 'data_offsets'")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", "holds -2")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2.5],\"data_offsets\":[0,8]}}", "holds 2.5")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[\"2\"],\"data_offsets\":[0,8]}}", "holds \"2\"")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", "data_offsets [8, 0]")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", "data_offsets [0]")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}", "within the 8 bytes of data")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", "takes 12 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4611686018427387904,4611686018427387904],\"data_offsets\":[0,8]}}", "its data_offsets give 8")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "cover 4 bytes, but 8 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "begins at byte 4")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "overlap")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "not valid JSON")]
    [InlineData("{\"__metadata__\":[],\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "expected an object of strings")]
    [InlineData("{\"__metadata__\":{\"k\":1},\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "metadata 'k' is a JSON Number")]
    public void A_bad_header_is_refused_by_what_is_wrong(string header, string message)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        byte[] file = [.. BitConverter.GetBytes((ulong)text.Length), .. text, .. new byte[8]];
        InvalidDataFormatException fault = Assert.Throws<InvalidDataFormatException>(() => SafetensorsReader.Parse(file, "net.safetensors"));
        Assert.Contains("'net.safetensors'", fault.Message, StringComparison.Ordinal);
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData((ulong)long.MaxValue)]
    [InlineData(100_000_001UL)]
    [InlineData(200UL)]
    public void A_header_length_beyond_the_file_is_refused(ulong length)
    {
        byte[] file = [.. BitConverter.GetBytes(length), .. new byte[100]];
        InvalidDataFormatException fault = Assert.Throws<InvalidDataFormatException>(() => SafetensorsReader.Parse(file, "x"));
        Assert.Contains($"{length} bytes, but 100 follow", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_state_survives_the_file()
    {
        NetworkState state = RandomState();
        byte[] bytes = Bytes(LearnerStateFile.FromState(state.ToState()));
        NetworkState back = new(LearnerStateFile.ToState(SafetensorsReader.Parse(bytes, "x"), "x"));
        Assert.Equal(state.Spec, back.Spec);
        Assert.Equal(state.Online, back.Online);
        Assert.Equal(state.Target, back.Target);
        Assert.Equal(state.FirstMoment, back.FirstMoment);
        Assert.Equal(state.SecondMoment, back.SecondMoment);
        Assert.Equal(state.OptimizerSteps, back.OptimizerSteps);
        Assert.Equal(bytes, Bytes(LearnerStateFile.FromState(back.ToState())));
        ulong header = BitConverter.ToUInt64(bytes);
        Assert.Equal(0UL, header % 8);
    }

    [Theory]
    [InlineData("adam.exp_avg.1.bias")]
    [InlineData("online.0.weight")]
    public void A_missing_or_misshapen_tensor_is_named(string tensor)
    {
        SafetensorsFile file = LearnerStateFile.FromState(RandomState().ToState());
        var tensors = new Dictionary<string, StoredTensor>(file.Tensors);
        StoredTensor old = tensors[tensor];
        tensors.Remove(tensor);
        tensors["spare"] = old;
        Fails("is missing");
        tensors[tensor] = old with { Shape = [old.Shape.Aggregate((x, y) => x * y), 1, 1] };
        Fails("expected F32 [");

        void Fails(string message)
        {
            InvalidDataFormatException fault = Assert.Throws<InvalidDataFormatException>(() => new NetworkState(LearnerStateFile.ToState(file with { Tensors = tensors }, "file")));
            Assert.Contains($"'{tensor}'", fault.Message, StringComparison.Ordinal);
            Assert.Contains(message, fault.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("format", "other")]
    [InlineData("adam.step", "-1")]
    [InlineData("network.hidden", "3,,3")]
    [InlineData("network.hidden", "2147483647,2147483647")]
    [InlineData("network.input_width", "0")]
    [InlineData("network.element_type", "7")]
    [InlineData("network.action_count", "99999999999999999999")]
    public void Metadata_that_no_network_has_are_refused(string key, string value)
    {
        SafetensorsFile file = LearnerStateFile.FromState(RandomState().ToState());
        var metadata = new Dictionary<string, string>(file.Metadata) { [key] = value };
        Assert.Throws<InvalidDataFormatException>(() => new NetworkState(LearnerStateFile.ToState(file with { Metadata = metadata }, "file")));
        metadata.Remove(key);
        InvalidDataFormatException fault = Assert.Throws<InvalidDataFormatException>(() => new NetworkState(LearnerStateFile.ToState(file with { Metadata = metadata }, "file")));
        Assert.Contains($"metadata '{key}' is missing", fault.Message, StringComparison.Ordinal);
    }

    private static NetworkState RandomState()
    {
        var state = new NetworkState(Batches.Spec(ElementType.Float32, 2, [3], 2)) { OptimizerSteps = 12345678901 };
        var random = new Pcg64(1);
        foreach (float[] values in new[] { state.Online, state.Target, state.FirstMoment, state.SecondMoment })
        {
            foreach (ref float x in values.AsSpan())
            {
                x = random.NextSingle();
            }
        }

        return state;
    }

    private static byte[] Bytes(SafetensorsFile content)
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, content);
        return stream.ToArray();
    }
}
