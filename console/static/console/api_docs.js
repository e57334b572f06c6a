"use strict";

SwaggerUIBundle({
  url: document.getElementById("docs").dataset.schema,
  dom_id: "#docs",
  deepLinking: true,
  displayOperationId: true,
  // Tokens are forgotten with the page, and nothing is sent to a validator elsewhere.
  persistAuthorization: false,
  validatorUrl: null,
});
