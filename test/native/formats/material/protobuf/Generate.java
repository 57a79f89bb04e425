// Generate: what Flink's protobuf format makes of messages, which expected.jsonl keeps: run with the classes that protoc makes of the .proto
// files beside it, flink-protobuf and flink-table-runtime 2.3.0, and janino.
//
//   {"message": "Kinds", "defaults": false, "in": "0807", "row": {…}, "out": "0807"}      {…, "in": "08", "error": true}
//
// Messages are random ones, and the same with bytes changed, left out or put in; `out` is the row written again.

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import java.io.ByteArrayOutputStream;
import java.util.HexFormat;
import java.util.Random;
import org.apache.flink.formats.protobuf.PbFormatConfig;
import org.apache.flink.formats.protobuf.deserialize.ProtoToRowConverter;
import org.apache.flink.formats.protobuf.serialize.RowToProtoConverter;
import org.apache.flink.formats.protobuf.util.PbFormatUtils;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.*;

public class Generate {
  static final Random random = new Random(7);

  public static void main(String[] args) throws Exception {
    for (String name : new String[] {"Kinds", "Legacy"}) {
      String className = "sabot.test." + name;
      Descriptor descriptor = PbFormatUtils.getDescriptor(className);
      RowType rowType = rowOf(descriptor);
      for (boolean defaults : new boolean[] {false, true}) {
        PbFormatConfig config = new PbFormatConfig(className, false, defaults, "-");
        ProtoToRowConverter reader = new ProtoToRowConverter(rowType, config);
        RowToProtoConverter writer = new RowToProtoConverter(rowType, config);
        byte[] last = new byte[0];
        for (int i = 0; i < 150; i++) {
          byte[] bytes = i == 0 ? new byte[0] : i % 3 == 0 ? bend(last) : message(descriptor, 0).toByteArray();
          last = i % 5 == 0 ? concat(bytes, last) : bytes;
          print(name, defaults, i % 5 == 0 ? last : bytes, reader, writer, rowType);
        }
      }
    }
  }

  static void print(String name, boolean defaults, byte[] in, ProtoToRowConverter reader, RowToProtoConverter writer, RowType type)
      throws Exception {
    String head =
        "{\"message\":\"" + name + "\",\"defaults\":" + defaults + ",\"in\":\"" + HexFormat.of().formatHex(in) + "\",";
    RowData row;
    try {
      row = reader.convertProtoBinaryToRow(in);
    } catch (Exception e) {
      System.out.println(head + "\"error\":true}");
      return;
    }
    StringBuilder text = new StringBuilder();
    json(row, type, text);
    String out;
    try {
      out = "\"" + HexFormat.of().formatHex(writer.convertRowToProtoBinary(row)) + "\"";
    } catch (Exception e) {
      out = "null";
    }
    System.out.println(head + "\"row\":" + text + ",\"out\":" + out + "}");
  }

  static byte[] concat(byte[] a, byte[] b) {
    byte[] all = new byte[a.length + b.length];
    System.arraycopy(a, 0, all, 0, a.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    return all;
  }

  /** Changes a byte, leaves some out, or puts some in. */
  static byte[] bend(byte[] from) {
    if (from.length == 0) return new byte[] {(byte) random.nextInt()};
    int at = random.nextInt(from.length);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(from, 0, at);
    switch (random.nextInt(4)) {
      case 0:
        return out.toByteArray();
      case 1:
        out.write(from[at] ^ (1 << random.nextInt(8)));
        out.write(from, at + 1, from.length - at - 1);
        return out.toByteArray();
      case 2:
        out.write(random.nextInt());
        out.write(from, at, from.length - at);
        return out.toByteArray();
      default:
        out.write(from, at + 1, from.length - at - 1);
        return out.toByteArray();
    }
  }

  static Message message(Descriptor descriptor, int depth) {
    DynamicMessage.Builder builder = DynamicMessage.newBuilder(descriptor);
    for (FieldDescriptor field : descriptor.getFields()) {
      if (!field.isRequired() && random.nextInt(depth > 0 ? 2 : 3) != 0) continue;
      if (!field.isRepeated()) {
        builder.setField(field, value(field, depth));
        continue;
      }
      for (int n = random.nextInt(4); n > 0; n--) builder.addRepeatedField(field, value(field, depth));
    }
    return builder.buildPartial();
  }

  static Object value(FieldDescriptor field, int depth) {
    boolean small = random.nextInt(3) > 0;
    switch (field.getJavaType()) {
      case INT:
        return small ? random.nextInt(5) - 2 : random.nextInt();
      case LONG:
        return small ? (long) random.nextInt(5) - 2 : random.nextLong();
      case FLOAT:
        return small ? random.nextInt(3) / 2f : Float.intBitsToFloat(random.nextInt());
      case DOUBLE:
        return small ? random.nextInt(3) / 2d : random.nextDouble() * 1e20;
      case BOOLEAN:
        return random.nextBoolean();
      case STRING:
        return new String[] {"", "a", "zeta", "h\u00e9", "\ud83d\ude00x", "alpha beta"}[random.nextInt(6)];
      case BYTE_STRING:
        return com.google.protobuf.ByteString.copyFrom(new byte[] {(byte) random.nextInt(), 0}, 0, random.nextInt(3));
      case ENUM:
        java.util.List<EnumValueDescriptor> values = field.getEnumType().getValues();
        return values.get(random.nextInt(values.size()));
      default:
        return message(field.getMessageType(), depth + 1);
    }
  }

  static RowType rowOf(Descriptor descriptor) {
    java.util.List<RowType.RowField> fields = new java.util.ArrayList<>();
    for (FieldDescriptor field : descriptor.getFields()) {
      if (field.getType() == FieldDescriptor.Type.GROUP) continue;
      fields.add(new RowType.RowField(field.getName(), typeOf(field)));
    }
    return new RowType(fields);
  }

  static LogicalType typeOf(FieldDescriptor field) {
    if (field.isMapField()) {
      return new MapType(
          typeOf(field.getMessageType().findFieldByNumber(1)), typeOf(field.getMessageType().findFieldByNumber(2)));
    }
    return field.isRepeated() ? new ArrayType(single(field)) : single(field);
  }

  static LogicalType single(FieldDescriptor field) {
    switch (field.getJavaType()) {
      case INT:
        return new IntType();
      case LONG:
        return new BigIntType();
      case FLOAT:
        return new FloatType();
      case DOUBLE:
        return new DoubleType();
      case BOOLEAN:
        return new BooleanType();
      case STRING:
      case ENUM:
        return new VarCharType(VarCharType.MAX_LENGTH);
      case BYTE_STRING:
        return new VarBinaryType(VarBinaryType.MAX_LENGTH);
      default:
        return rowOf(field.getMessageType());
    }
  }

  static void json(Object value, LogicalType type, StringBuilder out) {
    if (value == null) {
      out.append("null");
    } else if (type instanceof RowType) {
      RowType rowType = (RowType) type;
      RowData row = (RowData) value;
      out.append('{');
      for (int i = 0; i < rowType.getFieldCount(); i++) {
        if (i > 0) out.append(',');
        out.append('"').append(rowType.getFieldNames().get(i)).append("\":");
        json(RowData.createFieldGetter(rowType.getTypeAt(i), i).getFieldOrNull(row), rowType.getTypeAt(i), out);
      }
      out.append('}');
    } else if (type instanceof ArrayType) {
      list((ArrayData) value, ((ArrayType) type).getElementType(), out);
    } else if (type instanceof MapType) {
      // Keys and values, so that their order shows and keys need not be text.
      MapData map = (MapData) value;
      out.append("[");
      list(map.keyArray(), ((MapType) type).getKeyType(), out);
      out.append(",");
      list(map.valueArray(), ((MapType) type).getValueType(), out);
      out.append("]");
    } else if (value instanceof byte[]) {
      out.append('"').append(HexFormat.of().formatHex((byte[]) value)).append('"');
    } else if (type instanceof VarCharType) {
      out.append('"');
      for (char c : value.toString().toCharArray()) {
        if (c < ' ' || c == '"' || c == '\\' || c > '~') out.append(String.format("\\u%04x", (int) c));
        else out.append(c);
      }
      out.append('"');
    } else if (value instanceof Double && !Double.isFinite((Double) value) || value instanceof Float && !Float.isFinite((Float) value)) {
      out.append('"').append(value).append('"');
    } else {
      out.append(value);
    }
  }

  static void list(ArrayData array, LogicalType type, StringBuilder out) {
    ArrayData.ElementGetter getter = ArrayData.createElementGetter(type);
    out.append('[');
    for (int i = 0; i < array.size(); i++) {
      if (i > 0) out.append(',');
      json(getter.getElementOrNull(array, i), type, out);
    }
    out.append(']');
  }
}
