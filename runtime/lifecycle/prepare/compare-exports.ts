// Compares the handlers that a backend exports with those that its manifest declares.
// Invariant: a declared handler that is not exported is a problem; an exported one that will never be called is a warning.

import { validRange } from 'semver'
import { initScript, initSteps } from '../../../sdk/manifest/layout.ts'
import type { Manifest } from '../../../sdk/manifest/manifest.ts'
import { matchesPattern } from '../../../sdk/permissions/kinds/name-patterns.ts'
import {
  DECLARED_HANDLERS,
  type DeclaredHandlers,
  type GuestExports,
} from '../../../sdk/protocol/guest-calls.ts'
import { upgradeRanges } from '../../../sdk/protocol/upgrade-steps.ts'
import { didYouMean } from '../../../sdk/text/did-you-mean.ts'
import type { Problem } from '../../errors.ts'

export interface ExportFindings {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** @param hasFile whether the package has a file: a script of a step takes the place of its handler */
export function compareExports(
  manifest: Pick<Manifest, 'contributes' | 'permissions' | 'templates'> & Partial<Pick<Manifest, 'id'>>,
  exports: GuestExports,
  hasFile: (path: string) => boolean = () => false,
): ExportFindings {
  if (exports.length === 0) return { problems: [NO_HANDLER], warnings: [] }
  const ranges = badRanges(exports)
  const groups = (Object.keys(DECLARED_HANDLERS) as DeclaredHandlers[]).filter((group) => group !== 'events')
  const found = groups.map((group) => compareGroup(group, namesIn(manifest, group, hasFile), exports))
  return {
    problems: [...ranges, ...found.flatMap(({ problems }) => problems)],
    warnings: [...found.flatMap(({ warnings }) => warnings), ...deafHandlers(manifest, exports)],
  }
}

/** Handlers of events that the manifest does not ask for. To ask without a handler is fine: a plugin may only send. */
function deafHandlers(
  { permissions }: Pick<Manifest, 'permissions'>,
  exports: GuestExports,
): readonly Problem[] {
  const asked = permissions?.events ?? []
  const hears = (pattern: string) =>
    asked.some((each) => matchesPattern(each, pattern) || matchesPattern(pattern, each))
  return exports
    .filter((path) => path.startsWith(EVENTS))
    .map((path) => path.slice(EVENTS.length))
    .filter((pattern) => !hears(pattern))
    .map((pattern) => ({
      code: 'DECLARATION_MISMATCH',
      message: `The backend exports "${EVENTS}${pattern}", and the manifest asks for no such event: it is never called`,
      hint: 'Add the event to "permissions.events" of the manifest',
      file: 'manifest.json',
      pointer: '/permissions/events',
    }))
}

const EVENTS = 'events.'

const NO_HANDLER: Problem = {
  code: 'DECLARATION_MISMATCH',
  message: 'The backend exports no handler, such as "fetch"',
  hint: 'Export default { fetch(request, env, ctx) { … } }, or another handler of docs/guest-api.md',
}

function badRanges(exports: GuestExports): readonly Problem[] {
  return upgradeRanges(exports)
    .filter(({ from }) => validRange(from) === null)
    .map(({ index, from }) => ({
      code: 'DECLARATION_MISMATCH',
      message: `"lifecycle.upgrade[${index}].from" is "${from}", which is no range of versions`,
      hint: 'Write a range as in package.json, such as "<2.0.0" or "1.2 - 1.4"',
    }))
}

function compareGroup(
  group: Exclude<DeclaredHandlers, 'events'>,
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
    // Steps of both stages have one list of handlers.
    pointer: `/contributes/${group}${index === -1 || group === 'init' ? '' : `/${index}`}`,
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

function namesIn(
  manifest: Pick<Manifest, 'contributes' | 'templates'> & Partial<Pick<Manifest, 'id'>>,
  group: Exclude<DeclaredHandlers, 'events'>,
  hasFile: (path: string) => boolean,
): readonly string[] {
  const { contributes, id = '' } = manifest
  switch (group) {
    case 'tasks':
      return (contributes?.tasks ?? []).map(({ id }) => id)
    case 'actions':
      return (contributes?.actions ?? []).map(({ id }) => id)
    case 'hooks':
      return (contributes?.hooks ?? []).map(({ hook }) => hook)
    case 'patches':
      return Object.entries(contributes?.patches ?? {}).flatMap(([name, text]) =>
        text === true ? [name] : [],
      )
    case 'init':
      return [
        ...new Set(
          initSteps(manifest).flatMap((step) =>
            hasFile(initScript({ ...manifest, id }, step)) ? [] : step.name,
          ),
        ),
      ]
    case 'bundles':
      return (contributes?.bundles ?? []).filter(({ data }) => data === true).map(({ id }) => id)
  }
}

function exampleOf(group: DeclaredHandlers, name: string): string {
  const member = `${JSON.stringify(name)}: ${group === 'actions' ? '{ run() { … } }' : '() => { … }'}`
  return `${group}: { ${member} }`
}
