// Name and password. The names of the members are shown: the library is an example, and they are its only accounts.

import { html } from 'hono/html'
import type { Member } from '../database/types.ts'
import { type Html, page, type View } from './page.ts'

interface SignIn {
  readonly failed: boolean
  readonly members: readonly Member[]
}

export function signInPage(view: View, { failed, members }: SignIn): Html {
  const { language, words } = view
  return page(
    view,
    words.signIn,
    html`<form class="panel" method="post" action="/${language}/sign-in">
  <h1>${words.signIn}</h1>
  ${failed ? html`<p class="note" role="alert">${words.wrong}</p>` : ''}
  <label>${words.name}<input name="name" required autocomplete="username" maxlength="50" autofocus></label>
  <label>${words.password}<input name="password" type="password" required autocomplete="current-password" maxlength="200"></label>
  <button>${words.signIn}</button>
  <p class="facts">${words.members}: ${members.map(({ name, role }) => `${name} (${role})`).join(', ')}</p>
</form>`,
  )
}
