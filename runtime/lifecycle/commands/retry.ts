// Retries a plugin that failed, or that is in quarantine.

import type { Actor } from '../../../plugin-store/store.ts'
import type { LifecycleServices } from '../services.ts'
import type { Command } from './change.ts'

export function retry(actor: Actor, { store }: Pick<LifecycleServices, 'store'>): Command {
  return {
    actor,
    decide: ({ record }) => ({
      action: 'plugin.retry',
      remember: (audit) => store.audit.append(record.id, audit).then(() => null),
    }),
  }
}
