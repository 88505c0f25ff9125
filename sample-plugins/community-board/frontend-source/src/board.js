// The board on the first page of the library, in a sandboxed frame.

import './board.css'
import { showNotices } from './notices.js'

export default function mount(element, context) {
  element.className = 'board'
  element.append(Object.assign(document.createElement('h2'), { textContent: context.t('title') }))
  showNotices(element, context, null)
}
