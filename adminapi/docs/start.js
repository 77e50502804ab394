// Shows the description that the page names.
const place = document.getElementById('ui')

SwaggerUIBundle({
  url: new URL(place.dataset.description, document.baseURI).href,
  domNode: place,
  deepLinking: false, // its links would go to the base of the page, not to the page
  presets: [SwaggerUIBundle.presets.apis],
  validatorUrl: null, // nothing is sent elsewhere
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
})
