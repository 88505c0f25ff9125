// The images of a runtime: joined with its templates and values.

import { resolve } from 'node:path'
import type { Store } from '../../plugin-store/store.ts'
import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import type { Config } from '../config/config.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import type { HostValues } from '../contributions/values.ts'
import type { BackgroundTasks } from '../tasks/background-tasks.ts'
import type { JobBody } from '../templates/format/engine-calls.ts'
import type { TemplateEngine } from '../templates/template-engine.ts'
import { Images } from './images.ts'

export interface RuntimeParts {
  readonly config: Pick<Config, 'images'>
  readonly host: Pick<HostDeclaration, 'templates'>
  readonly live: Pick<LivePlugins, 'current'>
  readonly values: Pick<HostValues, 'all'>
  readonly engine: Pick<TemplateEngine, 'render'>
  readonly tasks: Pick<BackgroundTasks, 'define'>
  readonly store: Pick<Store, 'audit' | 'paths'>
}

export function createImages({ config, host, live, values, engine, tasks, store }: RuntimeParts): Images {
  const output = host.templates?.output
  return new Images({
    ...{ config: config.images, tasks, audit: store.audit, staging: store.paths.staging },
    plugins: () => live.current(),
    async render(templates) {
      // JSON, from the engine.
      const all = (await values.all()) as JobBody['values']
      return await engine.render({ values: all, templates, patches: {}, wanted: Object.keys(templates) })
    },
    outputOf: (plugin) => (output === undefined ? null : resolve(output, 'plugins', plugin)),
    // Not that of settings, which an application may bring.
    environment: process.env,
  })
}
