"""Static text models: a table of token vectors, whose mean is a text's vector."""
