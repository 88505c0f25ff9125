// Who reads this book along: below what the library, and other plugins, say of it. It wraps that: the element `content` stands for it.

import './companions.css'
import { showNotices } from './notices.js'

export default {
  slots: {
    'book.about'(element, context) {
      const section = Object.assign(document.createElement('section'), { className: 'together' })
      section.append(Object.assign(document.createElement('h2'), { textContent: context.t('together') }))
      showNotices(section, context, context.params.id)
      element.append(context.content, section)
    },
  },
}
