// protobuf-schema: a message of a .proto file, or of a descriptor set, as native is told of it (native/formats/protobuf_schema.h).
//
//   'protobuf.schema-file' = 'bids.proto', 'protobuf.message-class-name' = 'shop.Bid'   ->   { proto3: true, messages: [{ name: 'shop.Bid', fields: […] }], … }
//
// Messages that the first one refers to come with it. Files are read when a table is used, by protobufjs, which is loaded for it.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, resolve } from 'node:path';
import type { Enum, Field, MapField, Namespace, ReflectionObject, Root, Type } from 'protobufjs';
import type { OptionValues } from './options.js';
import { nearest, optionError } from './options.js';

type Protobuf = typeof import('protobufjs');

const SCHEMA_FILE = 'protobuf.schema-file';
const IMPORT_PATHS = 'protobuf.import-paths';
const MESSAGE = 'protobuf.message-class-name';

export interface ProtobufField {
  readonly name: string;
  readonly number: number;
  /** `int32`, …, or `enum`, `message`, `group`. */
  readonly type: string;
  readonly repeated?: true;
  readonly packed?: true;
  readonly required?: true;
  readonly presence?: true;
  readonly map?: true;
  readonly utf8?: true;
  readonly oneof?: number;
  readonly default?: string;
  /** Its place among the messages, or the enums. */
  readonly message?: number;
  readonly enum?: number;
}

export interface ProtobufSchema {
  /** Of the first message: scalars that are absent are read as their defaults. */
  readonly proto3: boolean;
  readonly messages: readonly { readonly name: string; readonly fields: readonly ProtobufField[] }[];
  readonly enums: readonly {
    readonly name: string;
    readonly closed: boolean;
    readonly values: readonly (readonly [string, number])[];
  }[];
}

/** The message that a format's options name. */
export function protobufSchema(values: OptionValues): ProtobufSchema {
  const protobuf = createRequire(import.meta.url)('protobufjs') as Protobuf;
  const file = String(values.get(SCHEMA_FILE));
  const imports = String(values.get(IMPORT_PATHS) ?? '')
    .split(';')
    .filter((path) => path !== '');
  const root = load(protobuf, file, imports);
  return new Description(protobuf).of(findMessage(protobuf, root, String(values.get(MESSAGE)), file));
}

function load(protobuf: Protobuf, file: string, imports: readonly string[]): Root {
  if (!existsSync(file)) {
    throw optionError(
      'invalid-option',
      SCHEMA_FILE,
      `Option '${SCHEMA_FILE}' names a file that there is not: ${file}.`,
    );
  }
  try {
    return /\.proto$/i.test(file) ? loadText(protobuf, file, imports) : loadDescriptors(protobuf, file);
  } catch (error) {
    throw optionError(
      'invalid-option',
      SCHEMA_FILE,
      `Option '${SCHEMA_FILE}': ${file} cannot be read: ${(error as Error).message}`,
    );
  }
}

function loadText(protobuf: Protobuf, file: string, imports: readonly string[]): Root {
  const root = new protobuf.Root();
  root.resolvePath = (origin, target) => {
    if (origin === '') return target;
    const folders = [...imports, dirname(file), dirname(origin)];
    return folders.map((folder) => resolve(folder, target)).find(existsSync) ?? target;
  };
  return root.loadSync(file, { keepCase: true }).resolveAll() as Root;
}

function loadDescriptors(protobuf: Protobuf, file: string): Root {
  // It adds fromDescriptor to protobufjs' own classes.
  const { FileDescriptorSet } = createRequire(import.meta.url)('protobufjs/ext/descriptor') as {
    FileDescriptorSet: Type;
  };
  const Roots = protobuf.Root as unknown as { fromDescriptor(set: unknown): Root };
  return Roots.fromDescriptor(FileDescriptorSet.decode(readFileSync(file))).resolveAll() as Root;
}

/** By its name in the .proto file, or by that of the class which protoc makes of it for Java: what Flink is given. */
function findMessage(protobuf: Protobuf, root: Root, name: string, file: string): Type {
  const types = typesIn(protobuf, root);
  const found =
    types.find((type) => nameOf(type) === name) ??
    types.find((type) => javaName(type) === name) ??
    types.find((type) => nameOf(type) === name.replaceAll('$', '.'));
  if (found !== undefined) return found;
  const names = types.map(nameOf).filter((each) => !each.startsWith('google.protobuf.'));
  const near = nearest(name, names);
  const hint = near === undefined ? `Its messages: ${names.join(', ')}.` : `Did you mean '${near}'?`;
  throw optionError('invalid-option', MESSAGE, `Option '${MESSAGE}': ${file} has no message '${name}'. ${hint}`);
}

const typesIn = (protobuf: Protobuf, namespace: Namespace): Type[] =>
  namespace.nestedArray.flatMap((each) => [
    ...(each instanceof protobuf.Type ? [each] : []),
    ...(each instanceof protobuf.Namespace ? typesIn(protobuf, each) : []),
  ]);

const nameOf = (object: ReflectionObject): string => object.fullName.replace(/^\./, '');

/** `com.example.Outer$Message$Inner`, by the options of the file that protoc heeds. */
function javaName(type: Type): string {
  const names = [type.name];
  let top: Type = type;
  let space = type.parent;
  while (space !== null && 'fields' in space) {
    top = space as Type;
    names.unshift(space.name);
    space = space.parent;
  }
  const options = (space?.options ?? {}) as Readonly<Record<string, unknown>>;
  const java = String(options['java_package'] ?? (space === null ? '' : nameOf(space)));
  const prefix = java === '' ? '' : `${java}.`;
  if (options['java_multiple_files'] === true) return prefix + names.join('$');
  return `${prefix}${String(options['java_outer_classname'] ?? outerName(top))}$${names.join('$')}`;
}

/** Of the class that protoc puts a file's messages into. */
function outerName(type: Type): string {
  const file = basename(type.filename ?? '', '.proto');
  const name = file.replace(
    /(^|[^A-Za-z]+|(?<=\d))([a-z]?)/g,
    (_, between: string, letter: string) => between.replace(/\D/g, '') + letter.toUpperCase(),
  );
  const isTaken = type.parent?.nestedArray.some((each) => each.name === name) === true;
  return isTaken ? `${name}OuterClass` : name;
}

/** What protobufjs knows of an edition's features, which proto2 and proto3 are two sets of. */
interface Featured {
  readonly _features: { readonly enum_type: string; readonly utf8_validation: string };
}

const featuresOf = (object: unknown) => (object as Featured)._features;

class Description {
  private readonly types: (Type | MapField)[] = [];
  private readonly enumerations: Enum[] = [];

  constructor(private readonly protobuf: Protobuf) {}

  of(root: Type): ProtobufSchema {
    this.types.push(root);
    const messages: ProtobufSchema['messages'][number][] = [];
    // Fields refer to messages that are described after them.
    for (let i = 0; i < this.types.length; i++) {
      const type = this.types[i]!;
      messages.push(
        type instanceof this.protobuf.Type
          ? { name: nameOf(type), fields: this.fieldsOf(type) }
          : { name: `${nameOf(type.parent!)}.${type.protoName}`, fields: this.entryOf(type) },
      );
    }
    return {
      proto3: editionOf(root) === 'proto3',
      messages,
      enums: this.enumerations.map((each) => ({
        name: nameOf(each),
        closed: featuresOf(each).enum_type === 'CLOSED',
        values: Object.entries(each.values),
      })),
    };
  }

  private fieldsOf(type: Type): readonly ProtobufField[] {
    // Extensions are fields that Java's readers do not know either.
    const fields = type.fieldsArray.filter(({ name }) => !name.startsWith('.'));
    return fields.map((field) => {
      const oneof = field.partOf === null ? -1 : type.oneofsArray.indexOf(field.partOf);
      const isMap = field instanceof this.protobuf.MapField;
      const value = isMap ? undefined : defaultOf(field);
      return {
        name: field.protoName,
        number: field.id,
        ...(isMap
          ? { type: 'message', message: this.placeOf(this.types, field), repeated: true, map: true }
          : this.typeOf(field)),
        ...(field.repeated ? { repeated: true } : {}),
        ...(field.repeated && field.packed && isPackable(field) ? { packed: true } : {}),
        ...(field.required ? { required: true } : {}),
        ...(field.hasPresence ? { presence: true } : {}),
        ...(oneof < 0 ? {} : { oneof }),
        ...(value === undefined ? {} : { default: value }),
      };
    });
  }

  private entryOf(field: MapField): readonly ProtobufField[] {
    const utf8 = isUtf8(field, field.keyType) ? { utf8: true as const } : {};
    return [
      { name: 'key', number: 1, type: field.keyType, presence: true, ...utf8 },
      { name: 'value', number: 2, presence: true, ...this.typeOf(field) },
    ];
  }

  private typeOf(field: Field | MapField): Pick<ProtobufField, 'type' | 'message' | 'enum' | 'utf8'> {
    const { resolvedType } = field;
    if (resolvedType instanceof this.protobuf.Enum) {
      return { type: 'enum', enum: this.placeOf(this.enumerations, resolvedType) };
    }
    if (resolvedType instanceof this.protobuf.Type) {
      const type = 'delimited' in field && field.delimited ? 'group' : 'message';
      return { type, message: this.placeOf(this.types, resolvedType) };
    }
    return { type: field.type, ...(isUtf8(field, field.type) ? { utf8: true } : {}) };
  }

  private placeOf<T>(all: T[], one: T): number {
    const found = all.indexOf(one);
    return found >= 0 ? found : all.push(one) - 1;
  }
}

/** Only numbers can be packed, whatever protobufjs says of the others. */
const isPackable = ({ type, resolvedType }: Field): boolean =>
  resolvedType === null ? type !== 'string' && type !== 'bytes' : 'values' in resolvedType;

const isUtf8 = (field: Field | MapField, type: string): boolean =>
  type === 'string' && featuresOf(field).utf8_validation === 'VERIFY';

/** `proto2`, `proto3`, `2023`; the outermost message has it. */
function editionOf(type: ReflectionObject): string {
  const { _edition: edition } = type as unknown as { _edition: string | null };
  if (edition !== null && edition !== undefined) return edition;
  return type.parent === null ? 'proto2' : editionOf(type.parent);
}

/** As text; bytes as base64, from the octets that escapes in the file stand for. */
function defaultOf(field: Field): string | undefined {
  const given: unknown = field.options?.['default'];
  if (given === undefined) return undefined;
  if (field.type === 'bytes') return Buffer.from(String(given), 'latin1').toString('base64');
  return field.resolvedType === null ? String(field.typeDefault) : String(given);
}
