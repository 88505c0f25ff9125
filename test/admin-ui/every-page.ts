// Every page of the admin application, on a server where each has something to show.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { FrameLocator, Page } from 'playwright-core'
import type { Runtime } from '../../runtime/runtime.ts'
import { folderSource, SAMPLES } from '../../runtime/samples/folder-source.ts'
import { install, type PluginSource, send } from '../support/runtime.ts'
import { tourPlugin } from './page-plugins.ts'
import { installGuestbook, NEWER_WEATHER, quarantineGreedy, USB_BACKUP, WEATHER } from './plugins.ts'

/** Offers an action, whose run is a task. */
export const TIDY: PluginSource = {
  id: 'tidy',
  backend: `export default {
    actions: {
      sweep: {
        check: ({ depth }) => (depth === 13 ? { problems: [{ field: 'depth', message: 'Not 13' }] } : undefined),
        run: (args) => ({ message: 'Begun to sweep', tasks: [{ task: 'sweep', args: { depth: args.depth } }] }),
      },
    },
    tasks: { async sweep({ args }) { return 'swept ' + args.depth } },
  }`,
  manifest: {
    name: 'Tidy',
    description: 'Sweeps what nobody needs',
    permissions: { tasks: true },
    contributes: {
      tasks: [{ id: 'sweep' }],
      actions: [
        {
          id: 'sweep',
          title: 'Sweep the shelves',
          arguments: {
            type: 'object',
            properties: {
              depth: { type: 'integer', minimum: 1, maximum: 20, default: 3, title: 'Depth' },
              note: { type: 'string', 'x-advanced': true, title: 'Note' },
            },
          },
        },
      ],
    },
  },
}

export const EVERY_PAGE: readonly { readonly name: string; readonly address: string }[] = [
  { name: 'overview', address: '#/' },
  { name: 'plugins', address: '#/plugins' },
  { name: 'plugin', address: '#/plugins/guestbook' },
  { name: 'plugin-permissions', address: '#/plugins/usb-backup/permissions' },
  { name: 'plugin-settings', address: '#/plugins/guestbook/settings' },
  { name: 'plugin-log', address: '#/plugins/guestbook/log' },
  { name: 'plugin-about', address: '#/plugins/guestbook/about' },
  { name: 'plugin-events', address: '#/plugins/guestbook/events' },
  { name: 'plugin-data', address: '#/plugins/guestbook/data' },
  { name: 'plugin-releases', address: '#/plugins/guestbook/releases' },
  { name: 'plugin-quarantined', address: '#/plugins/greedy-plugin' },
  { name: 'plugin-waiting', address: '#/plugins/weather' },
  // In frames of the application.
  { name: 'plugin-page', address: '#/p/tour/' },
  { name: 'plugin-page-of-its-content', address: '#/p/tour/second.html' },
  { name: 'plugin-page-photos', address: '#/p/photos/' },
  { name: 'tasks', address: '#/tasks' },
  { name: 'actions', address: '#/actions' },
  { name: 'devices', address: '#/devices' },
  { name: 'application', address: '#/application' },
  { name: 'deployment', address: '#/deployment' },
  { name: 'deployment-files', address: '#/deployment/files' },
  { name: 'deployment-setup', address: '#/deployment/setup' },
  { name: 'deployment-images', address: '#/deployment/images' },
  { name: 'points', address: '#/points' },
  { name: 'quarantine', address: '#/quarantine' },
  { name: 'people', address: '#/people' },
  { name: 'server', address: '#/server' },
  { name: 'audit', address: '#/audit' },
]

export async function prepareEveryPage(runtime: Runtime): Promise<void> {
  await installGuestbook(runtime)
  for (const plugin of [USB_BACKUP, WEATHER, NEWER_WEATHER, TIDY, await tourPlugin()])
    await install(runtime, plugin)
  await installPhotos(runtime)
  for (const id of ['wall-clock', 'almanac']) await install(runtime, { id })
  await quarantineGreedy(runtime)
  const user = { name: 'Ada', permissions: ['plugins.view', 'tasks.view'] }
  assert.equal((await send(runtime, 'POST', '/users', user)).status, 201)
  const run = await send(runtime, 'POST', '/actions/tidy/sweep/run', { arguments: { depth: 2 } })
  assert.equal(run.status, 200)
}

/** The sample, whose folder the package process of the suite may read. */
async function installPhotos(runtime: Runtime): Promise<void> {
  const source = await folderSource(join(SAMPLES, 'photos'))
  await runtime.plugins.upload(source, { actor: 'test', enable: true })
}

/** Resolves when the page shows what it has, the page of a plugin in its frame too. */
export async function openAt(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' })
  if (!url.includes('#/p/')) return
  await page.locator('[data-frame-state=connected]').waitFor()
  await shownFrame(page).getByRole('heading', { level: 1 }).waitFor()
}

/** The page of a plugin that the shell shows: while it loads again, the next one stands beside it, hidden. */
export function shownFrame(page: Page): FrameLocator {
  return page.frameLocator('.framed-page iframe:not([hidden])')
}
