// <plugbay-menu> in a page of an application, in Chromium, under a strict policy: who is shown what, and how it is opened.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HostPage, openHostPage } from '../../slots/host-page.ts'
import { api, install, type PluginSource } from '../../support/runtime.ts'

const MENU = '<plugbay-menu name="reports"></plugbay-menu>'

const itemsOf = (id: string, items: readonly object[]): PluginSource => ({
  id,
  files: { 'frontend/index.html': `<h1>${id}</h1>`, 'frontend/loans/index.html': '<h1>Loans of a book</h1>' },
  manifest: { contributes: { menus: items.map((item) => ({ menu: 'reports', path: '/', ...item })) } },
})

const LOANS = itemsOf('loans', [
  { title: { en: 'Loans', ar: 'إعارات' }, category: 'Graphs', icon: 'fas fa-chart-line' },
  { title: 'Of this book', category: 'Books', path: '/loans/?book={book}', permissions: ['reports.view'] },
])

/** What a reader sees of the menu, from top to bottom; undefined where it is absent. */
async function seen({ page }: HostPage): Promise<readonly string[] | undefined> {
  return await page.evaluate(() => {
    const menu = document.querySelector('plugbay-menu') ?? undefined
    if (!menu?.checkVisibility()) return undefined
    const texts = [...(menu.shadowRoot?.querySelectorAll('button, [part=category], a') ?? [])]
    return texts
      .filter((each) => each.checkVisibility())
      .map((each) => (each.localName === 'button' ? menu.textContent || each.textContent : each.textContent))
  })
}

const focused = ({ page }: HostPage) =>
  page.evaluate(
    () => (document.activeElement?.shadowRoot?.activeElement ?? document.activeElement)?.textContent,
  )

test('a menu has what its visitor may open, by category, and is absent where that is nothing', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  await host.show(MENU)
  assert.equal(await seen(host), undefined)
  const { width } = await host.page.evaluate(() => {
    const { width } = document.querySelector('plugbay-menu')?.getBoundingClientRect() ?? { width: -1 }
    return { width }
  })
  assert.equal(width, 0)

  await install(host.runtime, LOANS)
  await install(host.runtime, itemsOf('all', [{ title: 'All books', category: 'Books' }]))
  await host.show('<plugbay-menu name="reports" params=\'{"book":7}\'>Look at it</plugbay-menu>')
  assert.deepEqual(await seen(host), ['Look at it'])
  await host.page.getByRole('button', { name: 'Look at it' }).click()
  assert.deepEqual(await seen(host), ['Look at it', 'Books', 'All books', 'Graphs', 'Loans'])
  await host.signIn(['reports.view'])
  await host.show('<plugbay-menu name="reports" params=\'{"book":7}\'></plugbay-menu>')
  await host.page.getByRole('button', { name: 'Reports' }).click()
  assert.deepEqual(await seen(host), ['Reports', 'Books', 'All books', 'Of this book', 'Graphs', 'Loans'])
  await host.page.getByRole('link', { name: 'Of this book' }).click()
  await host.page.waitForURL('**/apps/plugins/loans/loans/?book=7')
  assert.equal(await host.page.textContent('h1'), 'Loans of a book')
  assert.deepEqual(host.faults, [])
})

test('a plugin that is enabled or disabled is there, or not, when the page asks again; attributes and language count', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  await install(host.runtime, LOANS)
  await host.signIn(['reports.view'])
  await host.show(MENU, 'ar')
  await host.page.getByRole('button', { name: 'تقارير' }).click()
  assert.deepEqual(await seen(host), ['تقارير', 'Graphs', 'إعارات'])
  const change = async (name: string, value: string) => {
    await host.page.evaluate(
      ([attribute, text]) => document.querySelector('plugbay-menu')?.setAttribute(attribute, text),
      [name, value] as const,
    )
    await host.page.waitForSelector('plugbay-menu:not([aria-busy])', { state: 'attached' })
    await host.page.evaluate(() =>
      document.querySelector('plugbay-menu')?.shadowRoot?.querySelector('button')?.click(),
    )
  }
  await change('params', '{"book":3}')
  assert.deepEqual(await seen(host), ['تقارير', 'Books', 'Of this book', 'Graphs', 'إعارات'])
  await change('lang', 'en')
  assert.deepEqual(await seen(host), ['Reports', 'Books', 'Of this book', 'Graphs', 'Loans'])
  await api(host.runtime, '/plugins/loans/disable', { method: 'POST' })
  await host.page.evaluate(() =>
    (document.querySelector('plugbay-menu') as unknown as { refresh(): Promise<void> }).refresh(),
  )
  assert.equal(await seen(host), undefined)
  assert.deepEqual(host.faults, [])
})

test('it is opened, walked through and closed by keyboard, and closed by a click beside it', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  await install(host.runtime, LOANS)
  await install(host.runtime, itemsOf('all', [{ title: 'All books', category: 'Books' }]))
  await host.show(`<p>Beside</p>${MENU}<p><a href="#after">After</a></p>`)
  const button = host.page.getByRole('button', { name: 'Reports' })
  const isOpen = async () => (await button.getAttribute('aria-expanded')) === 'true'
  const press = (key: string) => host.page.keyboard.press(key)

  await press('Tab')
  assert.equal(await isOpen(), false)
  await press('Enter')
  assert.equal(await isOpen(), true)
  await press('Enter')
  assert.equal(await isOpen(), false)
  const walk = ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowUp', 'Home', 'End']
  const passed: unknown[] = []
  for (const key of walk) {
    await press(key)
    passed.push(await focused(host))
  }
  assert.deepEqual(passed, ['All books', 'Loans', 'All books', 'Loans', 'All books', 'Loans'])
  await press('Escape')
  assert.deepEqual([await isOpen(), await focused(host)], [false, 'Reports'])
  await press('ArrowUp')
  assert.equal(await focused(host), 'Loans')
  await press('Tab')
  assert.deepEqual([await isOpen(), await focused(host)], [false, 'After'])

  await button.click()
  assert.equal(await isOpen(), true)
  await host.page.getByText('Beside').click()
  assert.equal(await isOpen(), false)
  assert.deepEqual(host.faults, [])
})

test('readers of screens are told of the button, the lists and their headings', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  await install(host.runtime, LOANS)
  await host.show(MENU)
  await host.page.getByRole('button', { name: 'Reports', expanded: false }).click()
  const list = host.page.getByRole('list', { name: 'Graphs' })
  assert.equal(await host.page.getByRole('button', { name: 'Reports', expanded: true }).count(), 1)
  assert.equal(await list.getByRole('link', { name: 'Loans' }).count(), 1)
  const icon = await host.page.evaluate(() => {
    const svg = document.querySelector('plugbay-menu')?.shadowRoot?.querySelector('svg')
    return [svg?.getAttribute('aria-hidden'), svg?.querySelector('path')?.getAttribute('d')]
  })
  assert.deepEqual(icon, ['true', 'M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6'])
})

test('a menu that there is not is told in the console, and the page goes on without it', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  // A stranger gets the title of the error only.
  await host.signIn([])
  await host.show('<plugbay-menu name="report"></plugbay-menu>')
  assert.equal(await seen(host), undefined)
  assert.match(host.faults.join('\n'), /\[plugbay\] .*has no menu "report"; did you mean "reports"\?/)
})
