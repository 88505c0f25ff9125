// env.hooks: applies hooks of the application. The host checks grant and value.

import type { AppliedValue, Hooks } from '../../../../sdk/plugin-api/hooks.ts'
import { currentRequest } from '../web/base/request-context.ts'
import type { HostCall } from './host-calls.ts'

export function createHooks(call: HostCall): Hooks {
  return Object.freeze({
    apply: async (name: string, value: unknown, options: { readonly language?: string } = {}) => {
      const language = options.language ?? currentRequest()?.language
      return (await call('hooks.apply', [name, value, { language }])).head as AppliedValue
    },
  }) as Hooks
}
