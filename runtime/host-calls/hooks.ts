// The host call behind env.hooks: a plugin applies a hook of the application, where it is granted.

import { PlugbayError } from '../errors.ts'
import type { Handlers } from './host-calls.ts'

/** What hooks/hooks.ts does, which is above. */
export type ApplyHook = (
  plugin: string,
  name: string,
  value: unknown,
  caller: { readonly language?: string },
) => Promise<{
  readonly value: unknown
  readonly applied: readonly { readonly plugin: string; readonly changed: boolean }[]
  readonly skipped: readonly { readonly plugin: string; readonly problem: { readonly code: string } }[]
}>

const MAX_NAME = 100
const MAX_LANGUAGE = 35

export function hookHandlers(apply: ApplyHook): Pick<Handlers, 'hooks.apply'> {
  return {
    async 'hooks.apply'({ pluginId, mandate }, [name, value, options]) {
      if (typeof name !== 'string' || name.length > MAX_NAME)
        throw new PlugbayError('HOST_CALL_INVALID', 'The name of the hook must be text')
      mandate.authorize({ permission: 'applyHooks', value: [name] })
      const {
        applied,
        skipped,
        value: result,
      } = await apply(pluginId, name, value ?? null, languageOf(options))
      // Messages of other plugins' errors are theirs.
      const reasons = skipped.map(({ plugin, problem }) => ({ plugin, code: problem.code }))
      return { head: { value: result, applied, skipped: reasons } }
    },
  }
}

function languageOf(options: unknown): { readonly language?: string } {
  if (typeof options !== 'object' || options === null || !Object.hasOwn(options, 'language')) return {}
  const { language } = options as { readonly language: unknown }
  if (typeof language !== 'string' || language.length > MAX_LANGUAGE)
    throw new PlugbayError('HOST_CALL_INVALID', 'The option "language" must be a language tag')
  return { language }
}
