// env and ctx as sdk/plugin-api declares them: a table of the members, then the types of each as they stand there.
// "Needs "permissions.x"" in the JSDoc of a member names its permission; "@deviation" says where it differs from its model.

import type { TSSignature } from 'oxc-parser'
import {
  type Declaration,
  declarationOf,
  docBefore,
  headOf,
  readSource,
  type SourceText,
  tagsOf,
} from './source.ts'

export interface EnvMember {
  readonly name: string
  /** undefined for what every plugin has. */
  readonly permission: string | undefined
  readonly what: string
  /** The declarations of its file, and where they differ from their model; none for a plain value. */
  readonly file: { readonly types: string; readonly deviations: readonly string[] } | undefined
}

const ENV = 'sdk/plugin-api/env.ts'

/** In the order of the declaration. */
export function envMembers(): readonly EnvMember[] {
  const file = readSource(ENV)
  return membersOf(declared(file, 'Env')).map((member) => {
    const doc = docBefore(file, member.start)
    const [, permission] = /Needs "permissions\.(\w+)"\.?/.exec(doc.text) ?? []
    const own = doc.text.replace(/Needs "permissions\.\w+"\.?/, '').trim()
    const type = typeNameOf(member)
    const found = type === undefined ? undefined : declarationOf(file, type)
    const isElsewhere = found !== undefined && found.file.path !== file.path
    const what = [isElsewhere ? headOf(found.file) : '', own].filter((part) => part !== '').join(' ')
    return {
      name: labelOf(file, member),
      permission,
      what,
      file: isElsewhere ? { types: typesOf(found.file), deviations: deviationsOf(found.file) } : undefined,
    }
  })
}

export interface ContextMember {
  readonly name: string
  readonly what: string
}

export function contextMembers(): readonly ContextMember[] {
  const file = readSource(ENV)
  return membersOf(declared(file, 'Context')).map((member) => ({
    name: labelOf(file, member),
    what: docBefore(file, member.start).text,
  }))
}

/** The source of a file without its first comment, imports and the tags of this page. */
function typesOf(file: SourceText): string {
  const statements = file.program.body.filter(({ type }) => type !== 'ImportDeclaration')
  const texts = statements.map((statement, index) => {
    const before =
      statements[index - 1]?.end ??
      file.program.body.findLast(({ type }) => type === 'ImportDeclaration')?.end ??
      0
    const text = file.text.slice(before, statement.end)
    return index === 0 ? text.replace(/^(?:\s*\/\/.*\n)+/, '') : text
  })
  return texts
    .join('')
    .replace(/^ *\* @deviation[^\n]*(?:\n *\*(?! @|\/)[^\n]*)*\n/gm, '')
    .replace(/^ *\/\*\*(?: @deviation .*)?\s*\*\/\n/gm, '')
    .replace(/^export /gm, '')
    .trim()
}

function deviationsOf(file: SourceText): readonly string[] {
  return file.comments
    .filter(({ type, value }) => type === 'Block' && value.startsWith('*'))
    .flatMap(({ end }) => tagsOf(docBefore(file, end), 'deviation'))
}

function declared(file: SourceText, name: string): Declaration {
  const found = declarationOf(file, name)
  if (found === undefined) throw new Error(`${file.path}: there is no "${name}"`)
  return found
}

function membersOf({ node }: Declaration): readonly TSSignature[] {
  if (node.type !== 'TSInterfaceDeclaration') throw new Error('Not an interface')
  return node.body.body
}

/** "kv", or "has(permission)". */
function labelOf(file: SourceText, member: TSSignature): string {
  const isNamed = member.type === 'TSPropertySignature' || member.type === 'TSMethodSignature'
  if (!isNamed || member.key.type !== 'Identifier') throw new Error(`${file.path}: a member without a name`)
  if (member.type === 'TSPropertySignature') return member.key.name
  const names = member.params.map((each) => (each.type === 'Identifier' ? each.name : '…'))
  return `${member.key.name}(${names.join(', ')})`
}

/** Of a member that needs a permission, which is `Needs<'kv', Kv>`, the second name. */
function typeNameOf(member: TSSignature): string | undefined {
  if (member.type !== 'TSPropertySignature') return undefined
  const given = member.typeAnnotation?.typeAnnotation
  const isNeeding =
    given?.type === 'TSTypeReference' &&
    given.typeName.type === 'Identifier' &&
    given.typeName.name === 'Needs'
  const type = isNeeding ? given.typeArguments?.params[1] : given
  return type?.type === 'TSTypeReference' && type.typeName.type === 'Identifier'
    ? type.typeName.name
    : undefined
}
