// How often a book was opened in the last seven days, on its page in the library: a module of that page, because the librarian trusts this
// plugin for it. Colours and fonts are those of the library; the style sheet counts inside of this part only.

export default {
  slots: {
    'book.about'(element, { data, t, language }) {
      const { days } = data
      const total = days.reduce((sum, count) => sum + count, 0)
      const most = Math.max(1, ...days)
      const text = Object.assign(document.createElement('div'), { className: 'text' })
      text.append(
        Object.assign(document.createElement('strong'), { textContent: t('record.title') }),
        Object.assign(document.createElement('span'), { textContent: t('record.days', { count: total }) }),
      )
      const chart = Object.assign(document.createElement('div'), { className: 'days' })
      chart.setAttribute('aria-hidden', 'true')
      const weekday = new Intl.DateTimeFormat(language, { weekday: 'narrow', timeZone: 'UTC' })
      for (const [at, count] of days.entries()) {
        const day = document.createElement('span')
        day.textContent = weekday.format(Date.now() - (days.length - 1 - at) * 86_400_000)
        day.style.setProperty('--share', String(count / most))
        chart.append(day)
      }
      element.className = 'record'
      element.append(text, chart)
    },
  },
}
