// The globals of a plugin as the guest defines them: install.ts is the register, JSDoc beside each has what is to be said.
// A property of the register may have a comment of its own, which counts instead. Tags: @deviation, @permission.

import type { Class, Node, ObjectExpression, ObjectPropertyKind, PropertyKey } from 'oxc-parser'
import {
  type Declaration,
  type Doc,
  declarationOf,
  docBefore,
  readSource,
  type SourceText,
  tagsOf,
} from './source.ts'

export interface GlobalFacts {
  readonly name: string
  readonly kind: 'class' | 'function' | 'object'
  /** Of a class: what it inherits from, when that is a class of ours. */
  readonly parent: string | undefined
  /** Names of a class's static members and of members of its prototype; own ones only, without symbols. */
  readonly statics: readonly string[]
  readonly members: readonly string[]
  readonly doc: Doc
}

const REGISTER = 'runtime/isolate/guest/web/install.ts'
const STREAMS = 'node_modules/web-streams-polyfill/types/ponyfill.d.ts'

/** All of them, by name. */
export function globalFacts(): readonly GlobalFacts[] {
  const register = readSource(REGISTER)
  const install = functionBody(register, 'installWeb')
  const objects = [...nodesOf(install)].flatMap((node) => {
    if (node.type === 'CallExpression' && isCallOf(node, 'defineAll')) {
      const [, values] = node.arguments
      if (values?.type === 'ObjectExpression') return [{ object: values, isCallable: false }]
    }
    if (node.type === 'VariableDeclarator' && node.init?.type === 'ObjectExpression')
      if (node.id.type === 'Identifier' && node.id.name === 'functions')
        return [{ object: node.init, isCallable: true }]
    return []
  })
  const found = objects.flatMap(({ object, isCallable }) =>
    object.properties.flatMap((property) => factsOf(register, property, isCallable)),
  )
  const late = [...nodesOf(install)].flatMap((node) =>
    node.type === 'CallExpression' && isCallOf(node, 'defineLazy') ? lateClass(register, node) : [],
  )
  const streams = readSource(STREAMS)
  const names = arrayOf(declarationOf(register, 'STREAM_CLASSES'))
  return [...found, ...late, ...names.map((name) => classFacts(name, required(streams, name)))].toSorted(
    (a, b) => (a.name < b.name ? -1 : 1),
  )
}

/** What holds for all of them: the deviations of the function that installs them. */
export function commonDeviations(): readonly string[] {
  return tagsOf(required(readSource(REGISTER), 'installWeb').doc, 'deviation')
}

function factsOf(
  register: SourceText,
  property: ObjectPropertyKind,
  isCallable: boolean,
): readonly GlobalFacts[] {
  if (property.type === 'SpreadElement') {
    const { node, file } = required(register, nameOf(property.argument))
    const object = node.type === 'VariableDeclaration' ? node.declarations[0]?.init : undefined
    if (object?.type !== 'ObjectExpression') throw new Error(`${file.path}: not a list of globals`)
    return object.properties.flatMap((each) => factsOf(file, each, true))
  }
  if (property.type !== 'Property') throw new Error(`${register.path}: not a global`)
  const name = keyOf(property.key) ?? ''
  const value = property.value
  const source = value.type === 'CallExpression' ? value.callee : value
  const declared = source.type === 'Identifier' ? declarationOf(register, source.name) : undefined
  const own = docBefore(register, property.start)
  const doc = own.text === '' && own.tags.length === 0 ? (declared?.doc ?? own) : own
  if (declared?.node.type === 'ClassDeclaration') return [{ ...classFacts(name, declared), doc }]
  const kind = isCallable ? 'function' : 'object'
  const members = isCallable ? [] : methodsMadeBy(declared)
  return [{ name, kind, parent: undefined, statics: [], members, doc }]
}

/** `defineLazy(target, 'Name', makeIt)`: the class of that name in the file of the function. */
function lateClass(
  register: SourceText,
  call: Extract<Node, { type: 'CallExpression' }>,
): readonly GlobalFacts[] {
  const [, name, make] = call.arguments
  if (name?.type !== 'Literal' || typeof name.value !== 'string' || make?.type !== 'Identifier') return []
  const { file } = required(register, make.name)
  for (const node of nodesOf(file.program))
    if (node.type === 'ClassDeclaration' && node.id?.name === name.value)
      return [
        {
          ...classFacts(name.value, { file, node, doc: docBefore(file, node.start) }),
          parent: 'WritableStream',
        },
      ]
  throw new Error(`${file.path}: there is no class "${name.value}"`)
}

function classFacts(name: string, { file, node, doc }: Declaration): GlobalFacts {
  if (node.type !== 'ClassDeclaration') throw new Error(`${file.path}: "${name}" is no class`)
  const parent = node.superClass?.type === 'Identifier' ? node.superClass.name : undefined
  return {
    name,
    kind: 'class',
    parent,
    statics: [...membersOf(node, true), ...constantsOf(file, name)].toSorted(),
    members: membersOf(node, false).toSorted(),
    // What a library says of its own is said elsewhere.
    doc: file.path === STREAMS ? { text: '', tags: [] } : doc,
  }
}

/** Of a function that makes an object: the keys of its `const methods = { … }`. */
function methodsMadeBy(declared: Declaration | undefined): readonly string[] {
  return [...nodesOf(declared?.node)].flatMap((node) => {
    const isMethods =
      node.type === 'VariableDeclarator' && node.id.type === 'Identifier' && node.id.name === 'methods'
    return isMethods && node.init?.type === 'ObjectExpression' ? keysOf(node.init).toSorted() : []
  })
}

function keysOf(object: ObjectExpression): readonly string[] {
  return object.properties.flatMap((each) => (each.type === 'Property' ? (keyOf(each.key) ?? []) : []))
}

function membersOf(node: Class, isStatic: boolean): readonly string[] {
  const names = node.body.body.flatMap((member) => {
    const isMember = member.type === 'MethodDefinition' || member.type === 'PropertyDefinition'
    if (!isMember || member.static !== isStatic || member.computed) return []
    if (member.type === 'MethodDefinition' && member.kind === 'constructor') return []
    return keyOf(member.key) ?? []
  })
  return [...new Set(names)]
}

/** `defineConstants(Event, { NONE: 0, … })` defines them on the class and on its prototype. */
function constantsOf(file: SourceText, name: string): readonly string[] {
  return [...nodesOf(file.program)].flatMap((node) => {
    if (node.type !== 'CallExpression' || !isCallOf(node, 'defineConstants')) return []
    const [target, values] = node.arguments
    if (target?.type !== 'Identifier' || target.name !== name) return []
    if (values?.type === 'ObjectExpression') return keysOf(values)
    const constant = values?.type === 'Identifier' ? required(file, values.name).node : undefined
    const object = constant?.type === 'VariableDeclaration' ? constant.declarations[0]?.init : undefined
    const plain = object?.type === 'TSAsExpression' ? object.expression : object
    return plain?.type === 'ObjectExpression' ? keysOf(plain) : []
  })
}

function required(file: SourceText, name: string): Declaration {
  const found = declarationOf(file, name)
  if (found === undefined) throw new Error(`${file.path}: there is no "${name}"`)
  return found
}

function functionBody(file: SourceText, name: string): Node {
  const { node } = required(file, name)
  if (node.type !== 'FunctionDeclaration' || node.body === null) throw new Error(`"${name}" is no function`)
  return node.body
}

function arrayOf(declaration: Declaration | undefined): readonly string[] {
  return [...nodesOf(declaration?.node)].flatMap((node) =>
    node.type === 'Literal' && typeof node.value === 'string' && /^[A-Z]\w+$/.test(node.value)
      ? [node.value]
      : [],
  )
}

function isCallOf(node: Extract<Node, { type: 'CallExpression' }>, name: string): boolean {
  return node.callee.type === 'Identifier' && node.callee.name === name
}

function nameOf(node: Node): string {
  if (node.type === 'Identifier') return node.name
  throw new Error('Not a name')
}

/** undefined for private members. */
function keyOf(key: PropertyKey): string | undefined {
  if (key.type === 'Identifier') return key.name
  return key.type === 'Literal' && typeof key.value === 'string' ? key.value : undefined
}

/** The node and everything below it. */
function* nodesOf(node: unknown): Generator<Node> {
  if (typeof node !== 'object' || node === null) return
  if ('type' in node && typeof node.type === 'string') yield node as Node
  for (const child of Array.isArray(node) ? node : Object.values(node)) yield* nodesOf(child)
}
