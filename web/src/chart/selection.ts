import {
  GraphQLSchema,
  Kind,
  getNamedType,
  getOperationAST,
  isAbstractType,
  isObjectType,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type SelectionSetNode,
} from 'graphql';

export type Json = Record<string, unknown>;

/** An object of an answer with the type it has and what was selected of it. */
export interface Selected {
  type: GraphQLObjectType;
  value: Json;
  selections: SelectionSetNode[];
}

/** A selected field that the answer has. Its key is the alias, where there is one. */
export interface Field {
  key: string;
  name: string;
  type: GraphQLOutputType;
  value: unknown;
  nodes: FieldNode[];
}

/** An operation with its schema and variables: enough to give every part of an answer its type. */
export class Operation {
  private readonly fragments: Map<string, FragmentDefinitionNode>;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly document: DocumentNode,
    private readonly name: string | undefined,
    private readonly variables: Json,
  ) {
    this.fragments = new Map(
      document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
    );
  }

  root(data: Json): Selected | null {
    const operation = getOperationAST(this.document, this.name);
    const type = operation && this.schema.getRootType(operation.operation);
    return type ? { type, value: data, selections: [operation.selectionSet] } : null;
  }

  /** The fields of an object, those of its fragments too, in the order of the document. */
  fields({ type, value, selections }: Selected): Field[] {
    const found = new Map<string, Field>();
    for (const node of selections.flatMap((set) => this.flatten(set, type))) {
      const key = (node.alias ?? node.name).value;
      const field = type.getFields()[node.name.value];
      if (!field || value[key] === undefined) continue;
      const known = found.get(key);
      if (known) known.nodes.push(node);
      else found.set(key, { key, name: field.name, type: field.type, value: value[key], nodes: [node] });
    }
    return [...found.values()];
  }

  /** One object that a field holds; null where its type cannot be told. */
  object(field: Field, value: unknown = field.value): Selected | null {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const selections = field.nodes.flatMap((node) => node.selectionSet ?? []);
    const type = this.typeOf(field, value as Json, selections);
    return type && { type, value: value as Json, selections };
  }

  /** The values that a field's arguments have, as they were written. */
  argumentsOf(field: Field): Json {
    const nodes = field.nodes[0]?.arguments ?? [];
    return Object.fromEntries(nodes.map((node) => [node.name.value, valueFromASTUntyped(node.value, this.variables)]));
  }

  private flatten(set: SelectionSetNode, type: GraphQLObjectType): FieldNode[] {
    return set.selections.flatMap((node) => {
      if (node.kind === Kind.FIELD) return [node];
      const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : this.fragments.get(node.name.value);
      return fragment && this.applies(fragment.typeCondition?.name.value, type) ? this.flatten(fragment.selectionSet, type) : [];
    });
  }

  private applies(condition: string | undefined, type: GraphQLObjectType): boolean {
    if (!condition || condition === type.name) return true;
    const abstract = this.schema.getType(condition);
    return isAbstractType(abstract) && this.schema.isSubType(abstract, type);
  }

  /** An interface's objects say their __typename, or are those that the only fragment is for. */
  private typeOf(field: Field, value: Json, selections: SelectionSetNode[]): GraphQLObjectType | null {
    const declared = getNamedType(field.type);
    if (isObjectType(declared)) return declared;
    if (!isAbstractType(declared)) return null;
    const named = typeof value.__typename === 'string' ? this.schema.getType(value.__typename) : undefined;
    if (isObjectType(named)) return named;
    const keys = Object.keys(value);
    const possible = this.schema
      .getPossibleTypes(declared)
      .filter((type) => keys.every((key) => selections.some((set) => this.flatten(set, type).some((node) => (node.alias ?? node.name).value === key))));
    return possible.length === 1 ? possible[0]! : null;
  }
}
