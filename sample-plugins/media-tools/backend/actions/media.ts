// On all media folders together.

import type { ActionHandlers } from 'plugbay/sdk'

export const cleanTemp: ActionHandlers = {
  run: ({ onlyShow }) => ({ task: 'clean-temp', args: { onlyShow } }),
}

export const backUp: ActionHandlers = {
  ready: (env, ctx) => env.settings.backupFolder !== undefined || ctx.t('ready.noBackupFolder'),
  run: (_args, env) => {
    const today = new Date().toISOString().slice(0, 10)
    return { task: 'back-up', args: { folder: `${env.settings.backupFolder}/${today}` }, key: today }
  },
}
