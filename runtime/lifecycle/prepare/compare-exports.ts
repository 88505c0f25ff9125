// Compares the handlers that a backend exports with those that its manifest declares.
// Invariant: a declared handler that is not exported is a problem; an exported one that will never be called is a warning.

import type { Manifest } from '../../../sdk/manifest/manifest.ts'
import {
  DECLARED_HANDLERS,
  type DeclaredHandlers,
  type GuestExports,
} from '../../../sdk/protocol/guest-calls.ts'
import { didYouMean } from '../../../sdk/text/did-you-mean.ts'
import type { Problem } from '../../errors.ts'

export interface ExportFindings {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

export function compareExports(
  manifest: Pick<Manifest, 'contributes'>,
  exports: GuestExports,
): ExportFindings {
  if (exports.length === 0) return { problems: [NO_HANDLER], warnings: [] }
  const groups = Object.keys(DECLARED_HANDLERS) as DeclaredHandlers[]
  const found = groups.map((group) => compareGroup(group, namesIn(manifest, group), exports))
  return {
    problems: found.flatMap(({ problems }) => problems),
    warnings: found.flatMap(({ warnings }) => warnings),
  }
}

const NO_HANDLER: Problem = {
  code: 'DECLARATION_MISMATCH',
  message: 'The backend exports no handler, such as "fetch"',
  hint: 'Export default { fetch(request, env, ctx) { … } }, or another handler of docs/guest-api.md',
}

function compareGroup(
  group: DeclaredHandlers,
  declared: readonly string[],
  exports: GuestExports,
): ExportFindings {
  const { handler } = DECLARED_HANDLERS[group]
  const [before = '', after = ''] = handler.split('*')
  const exported = exports
    .filter((path) => path.startsWith(before) && path.endsWith(after))
    .map((path) => path.slice(before.length, path.length - after.length))
  const problemOf = (index: number, message: string, hint: string): Problem => ({
    code: 'DECLARATION_MISMATCH',
    message,
    hint,
    file: 'manifest.json',
    pointer: `/contributes/${group}${index === -1 ? '' : `/${index}`}`,
  })
  return {
    problems: declared.flatMap((name, index) => {
      if (exported.includes(name)) return []
      const meant = didYouMean(name, exported)
      return [
        problemOf(
          index,
          `The manifest declares "${name}", and the backend exports no "${handler.replace('*', name)}"`,
          meant === undefined
            ? `Export default { ${exampleOf(group, name)} }, or remove it from the manifest`
            : `Did you mean "${meant}", which the backend exports?`,
        ),
      ]
    }),
    warnings: exported
      .filter((name) => !declared.includes(name))
      .map((name) =>
        problemOf(
          -1,
          `The backend exports "${handler.replace('*', name)}", which the manifest does not declare: it is never called`,
          `Add it to "contributes.${group}" of the manifest`,
        ),
      ),
  }
}

function namesIn({ contributes }: Pick<Manifest, 'contributes'>, group: DeclaredHandlers): readonly string[] {
  switch (group) {
    case 'tasks':
      return (contributes?.tasks ?? []).map(({ id }) => id)
    case 'actions':
      return (contributes?.actions ?? []).map(({ id }) => id)
    case 'hooks':
      return (contributes?.hooks ?? []).map(({ hook }) => hook)
  }
}

function exampleOf(group: DeclaredHandlers, name: string): string {
  const member = `${JSON.stringify(name)}: ${group === 'actions' ? '{ run() { … } }' : '() => { … }'}`
  return `${group}: { ${member} }`
}
