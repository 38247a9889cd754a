// hotline
