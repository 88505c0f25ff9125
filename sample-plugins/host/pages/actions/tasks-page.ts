// The tasks of all plugins, live: public/tasks.js shows them, from the API of the runtime.

import { html } from 'hono/html'
import { type Html, page, type View } from '../page.ts'
import { actionWords } from './words.ts'

export function tasksPage(view: View, mayManage: boolean): Html {
  const words = actionWords(view.language)
  return page(
    view,
    words.tasks,
    html`<h1>${words.tasks}</h1>
<ul class="tasks" data-words="${JSON.stringify(words.script)}" ${mayManage ? html`data-manage` : ''}></ul>
<script type="module" src="/tasks.js"></script>`,
  )
}
