"""Infrastructure: from the text of templates to functions, triggers and resources."""
