// Without an object. It answers at once, and starts no task.

import type { ActionHandlers } from 'plugbay/sdk'
import { countChecksums } from '../storage/checksums.ts'

export const findings: ActionHandlers = {
  ready: async (env, ctx) => (await countChecksums(env)).files > 0 || ctx.t('ready.nothingChecked'),
  run: async (_args, env, ctx) => ctx.t('said.found', { ...(await countChecksums(env)) }),
}
